import { z } from 'zod'
import { countOf, durationOf, isUnknown, secondsOf, usdOf } from '../normalise/quantities.ts'
import { instantOf } from '../normalise/timestamps.ts'
import { isJsonObject, numberText } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { wholeOrSize } from '../whole-or-size.ts'

/**
 * What nano-agent answers to a prompt, in all five shapes of its metadata: an MCP call that went well, one from its
 * command line, a request that it refused, an error of the agent, an error around the agent. Figures may be JSON
 * numbers or the texts of its verbose panel (`"1,234"`, `"$0.0012"`).
 */

const text = z.string({ error: ({ input }) => `expected text, found ${described(input)}` }).nullish()

const flag = z.boolean({ error: ({ input }) => `expected true or false, found ${described(input)}` })

/** @param written reads a text, where that differs from reading the JSON number */
function figure<T>(
  what: string,
  literal: (text: string) => T | undefined,
  written: (text: string) => T | undefined = literal,
) {
  const read = (value: unknown, context: z.RefinementCtx): T | undefined => {
    if (value === undefined || value === null || (typeof value === 'string' && isUnknown(value)))
      return undefined
    const digits = numberText(value)
    const number =
      digits !== undefined ? literal(digits) : typeof value === 'string' ? written(value) : undefined
    if (number === undefined) context.addIssue(`expected ${what}, found ${described(value)}`)
    return number
  }
  return z.unknown().transform(read).optional()
}

const tokens = figure('a whole number of tokens, 0 or more', countOf)
const cost = figure('US dollars, 0 or more', usdOf)
const seconds = figure('a number of seconds, 0 or more', secondsOf, durationOf)
const turns = figure('a whole number of turns', (literal) => {
  const count = countOf(literal)
  return count === undefined || count > 2n ** 31n - 1n ? undefined : Number(count)
})

const instant = z
  .unknown()
  .transform((value, context) => {
    if (value === undefined || value === null) return undefined
    const found = typeof value === 'string' ? instantOf(value) : undefined
    if (found === undefined) context.addIssue(`expected an ISO 8601 time, found ${described(value)}`)
    return found
  })
  .optional()

/** An object of which only the named members are looked at. */
function objectOf<Shape extends z.ZodRawShape>(shape: Shape) {
  const isObject = z.custom<unknown>(isJsonObject, {
    error: ({ input }) => `expected an object, found ${described(input)}`,
  })
  return isObject.pipe(z.object(shape))
}

const responseSchema = objectOf({
  success: flag,
  result: text,
  error: text,
  metadata: objectOf({
    model: text,
    provider: text,
    error_type: text,
    timestamp: instant,
    turns,
    turns_used: turns,
    token_usage: objectOf({
      total_tokens: tokens,
      input_tokens: tokens,
      output_tokens: tokens,
      cached_tokens: tokens,
      total_cost: cost,
    }).nullish(),
  }).nullish(),
  execution_time_seconds: seconds,
})

const requestSchema = objectOf({ agentic_prompt: text, model: text, provider: text })

const pairSchema = objectOf({ request: requestSchema.nullish(), response: responseSchema })

/** A response, and its request if the source has it. */
export type ResponseItem = z.output<typeof pairSchema>

/** An item as a response, and the response as it stands in it; or every problem that it has, in one text. */
export function parseResponseItem(
  value: ExactJson,
): { readonly item: ResponseItem; readonly response: ExactJson } | { readonly problems: string } {
  const isPair = isJsonObject(value) && !Object.hasOwn(value, 'success') && Object.hasOwn(value, 'response')
  const parsed = pairSchema.safeParse(isPair ? value : { response: value })
  if (parsed.success) return { item: parsed.data, response: isPair ? value['response']! : value }
  const problems = parsed.error.issues.map(({ path, message }) => {
    const place = (isPair ? path : path.slice(1)).join('.')
    return place ? `${place}: ${message}` : message
  })
  return { problems: problems.join('; ') }
}

/** What was found where something else was expected, short enough for a sentence. */
function described(value: unknown): string {
  if (value === undefined) return 'nothing'
  const digits = numberText(value)
  if (digits !== undefined) return wholeOrSize(digits)
  if (typeof value === 'string') return `the text ${wholeOrSize(JSON.stringify(value))}`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value)
}
