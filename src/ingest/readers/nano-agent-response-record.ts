import { createHash } from 'node:crypto'
import { canonicalJson } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { errorTypeOf } from '../normalise/failures.ts'
import { knownFields } from '../normalise/known.ts'
import { normaliseModel, normaliseProvider } from '../normalise/models.ts'
import type { Instant } from '../normalise/timestamps.ts'
import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import type { Telling } from '../records/record.ts'
import { answerKey } from './nano-agent-answer-key.ts'
import type { ResponseItem } from './nano-agent-response-schema.ts'

/** What is known of a response beside what it says. */
export interface ResponseSource {
  /** When it was given, for one that does not say. */
  readonly occurred: Instant
  readonly run: string
  readonly sessionId?: string | undefined
  readonly agent?: string | undefined
  /** Which of the responses with this digest it is, from 1. */
  readonly occurrence: (sha256: string) => number
  readonly raw: Telling<EvaluationResultFields>['raw']
}

/** @param response as it stood in the source */
export function responseRecord(
  item: ResponseItem,
  response: ExactJson,
  source: ResponseSource,
): { record: Telling<EvaluationResultFields>; warnings: string[] } {
  const metadata = item.response.metadata ?? {}
  const usage = metadata.token_usage ?? {}
  const warnings = usageWarnings(usage)
  const occurred = metadata.timestamp ?? source.occurred
  const fields = knownFields<EvaluationResultFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    run: source.run,
    framework: 'nano-agent',
    ...modelOf(item, warnings),
    agent: source.agent,
    sessionId: source.sessionId,
    success: item.response.success,
    successSource: 'reported',
    durationNs: item.response.execution_time_seconds,
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    totalTokens: usage.total_tokens,
    cacheReadTokens: usage.cached_tokens,
    // nano-agent counts the messages of an object that has none and writes 0 for every run: 0 is no count.
    turnCount: metadata.turns_used || metadata.turns || undefined,
    costReportedUsd: usage.total_cost,
    errorType: errorType(item),
    errorMessage: item.response.error || undefined,
    prompt: item.request?.agentic_prompt ?? undefined,
    response: item.response.result ?? undefined,
  })
  const sha256 = createHash('sha256').update(canonicalJson(response)).digest('hex')
  const matchKey = answerKey(fields)
  const record = {
    // Neither file nor session in the key: a response that is told of elsewhere too stays one record.
    naturalKey: ['nano-agent', sha256, source.occurrence(sha256)],
    ...(matchKey ? { matchKey } : {}),
    fields,
    raw: source.raw,
  }
  return { record, warnings }
}

/** The response tells what ran, the request what was asked for; a request that was refused has only the latter. */
function modelOf({ request, response: { metadata } }: ResponseItem, warnings: string[]) {
  const written = metadata?.model?.trim() || request?.model?.trim()
  const asked = request?.model?.trim()
  const provider = metadata?.provider || request?.provider || undefined
  if (!written) {
    warnings.push('names no model; it is recorded as "unknown"')
    return { model: 'unknown', provider: provider && normaliseProvider(provider) }
  }
  const identity = normaliseModel(written, provider)
  if (asked && normaliseModel(asked).model !== normaliseModel(written).model) {
    warnings.push(`the request asks for ${asked}, the response names ${written}; the response is believed`)
  }
  return { ...identity, modelAsWritten: written }
}

function errorType({ response }: ResponseItem): string | undefined {
  if (response.metadata?.error_type) return response.metadata.error_type
  if (response.success) return undefined
  const known = errorTypeOf(response.error ?? '')
  if (known) return known
  // Refused before anything ran (no such model, no key, no server): the only failure that says nothing but its text.
  const isRefusal = response.metadata?.model === undefined && response.execution_time_seconds !== undefined
  return isRefusal ? 'ValidationError' : undefined
}

type Usage = NonNullable<NonNullable<ResponseItem['response']['metadata']>['token_usage']>

function usageWarnings({
  total_tokens: total,
  input_tokens: input,
  output_tokens: output,
  cached_tokens: cached,
}: Usage) {
  const warnings: string[] = []
  if (total !== undefined && input !== undefined && output !== undefined && input + output !== total) {
    warnings.push(`total tokens are ${total}, input and output ${input + output}; kept as reported`)
  }
  if (cached !== undefined && input !== undefined && cached > input) {
    warnings.push(`cached tokens are ${cached}, more than the ${input} of the input; kept as reported`)
  }
  return warnings
}
