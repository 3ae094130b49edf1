import { z } from 'zod'
import { canonicalDecimal } from '../../core/decimal.ts'
import { invalidInput } from '../../core/errors.ts'
import type { Problem } from '../../core/errors.ts'
import { numberText } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { normaliseProvider } from './models.ts'
import { builtInPrices } from './price-table.ts'
import { pricedName } from './prices.ts'
import type { Price, PriceTable } from './prices.ts'
import { usdOf } from './quantities.ts'
import { knownFields } from './known.ts'

/** Small enough that tokens times price is exact in the millionth of a millionth of a millionth of a dollar. */
const maxDecimals = 12

const name = z.string('must be text').trim().min(1, 'must not be empty').max(200, 'is too long')
const date = z.iso.date('must be a day, e.g. 2025-08-07')
const dollars = z.unknown().transform((value, context): string => {
  const text = typeof value === 'string' ? value : numberText(value)
  const usd = text === undefined ? undefined : usdOf(text)
  if (usd === undefined) {
    context.addIssue('must be US dollars for a million tokens, 0 or more')
    return z.NEVER
  }
  const decimal = canonicalDecimal(usd)
  if ((decimal.split('.')[1] ?? '').length > maxDecimals) {
    context.addIssue(`must have at most ${maxDecimals} decimals`)
  }
  return decimal
})

const priceSchema = z.strictObject({
  provider: name.transform(normaliseProvider),
  model: name.regex(/^[^*]*\*?$/, 'may have a * at its end only'),
  effective_from: date,
  effective_to: date.optional(),
  input: dollars,
  output: dollars,
  cache_read: dollars.optional(),
  cache_write_5m: dollars.optional(),
  cache_write_1h: dollars.optional(),
  source: z.string('must be text').trim().max(500, 'is too long').optional(),
})

const tableSchema = z.strictObject({
  version: name.max(64, 'is too long'),
  prices: z.array(priceSchema, 'must be a list of prices').max(2000, 'are too many'),
})

/**
 * A price table as a file: `{"version": "…", "prices": [{"provider", "model", "effective_from", "effective_to",
 * "input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "source"}]}`, dollars for a million tokens as
 * numbers or texts. It is the whole table: the built-in one is not used beside it, so that a version says everything.
 *
 * @throws AppError INVALID_INPUT naming every problem at once, by its place in the file
 */
export function parsePriceTable(json: ExactJson): PriceTable {
  const parsed = tableSchema.safeParse(json)
  if (!parsed.success) throw invalidInput(parsed.error.issues.map(problemOf))
  const { version } = parsed.data
  const prices = parsed.data.prices.map((price) =>
    knownFields<Price>({
      provider: price.provider,
      model: pricedName(price.provider, price.model),
      effectiveFrom: price.effective_from,
      effectiveTo: price.effective_to,
      input: price.input,
      output: price.output,
      cacheRead: price.cache_read,
      cacheWrite5m: price.cache_write_5m,
      cacheWrite1h: price.cache_write_1h,
      source: price.source,
    }),
  )
  const table = { version, prices }
  const problems = [...versionProblems(table), ...periodProblems(prices)]
  if (problems.length > 0) throw invalidInput(problems)
  return table
}

/** The table as a file that `parsePriceTable` takes, to be edited. */
export function printPriceTable({ version, prices }: PriceTable): string {
  const file = {
    version,
    prices: prices.map((price) => ({
      provider: price.provider,
      model: price.model,
      effective_from: price.effectiveFrom,
      effective_to: price.effectiveTo,
      input: figure(price.input),
      output: figure(price.output),
      cache_read: figure(price.cacheRead),
      cache_write_5m: figure(price.cacheWrite5m),
      cache_write_1h: figure(price.cacheWrite1h),
      source: price.source,
    })),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** An edited copy that keeps our version would make `price_version` a lie. */
function versionProblems(table: PriceTable): Problem[] {
  if (table.version !== builtInPrices.version) return []
  if (printPriceTable(table) === printPriceTable(builtInPrices)) return []
  return [
    {
      message: `version: ${table.version} is that of the built-in table, which has other prices.`,
      path: ['version'],
      suggestion: 'Give your table a version of its own.',
    },
  ]
}

function periodProblems(prices: readonly Price[]): Problem[] {
  const problems: Problem[] = []
  prices.forEach((price, index) => {
    const { provider, model, effectiveFrom: from, effectiveTo: to } = price
    if (to !== undefined && to <= from) {
      const message = `prices.${index}.effective_to: ${to} is not after effective_from, ${from}.`
      problems.push({ message, path: ['prices', String(index), 'effective_to'] })
    }
    const other = prices.findIndex(
      (earlier, place) =>
        place < index &&
        earlier.provider === provider &&
        earlier.model === model &&
        from < (earlier.effectiveTo ?? '~') &&
        earlier.effectiveFrom < (to ?? '~'),
    )
    if (other >= 0) {
      const message = `prices.${index}: its period and that of prices.${other} overlap: ${provider} ${model}.`
      problems.push({ message, path: ['prices', String(index)] })
    }
  })
  return problems
}

function problemOf({ path, message }: z.core.$ZodIssue): Problem {
  const place = path.map(String)
  return { message: place.length > 0 ? `${place.join('.')}: ${message}.` : `${message}.`, path: place }
}

/** A number where a number says the same. */
function figure(decimal: string | undefined): number | string | undefined {
  return decimal === undefined || String(Number(decimal)) !== decimal ? decimal : Number(decimal)
}
