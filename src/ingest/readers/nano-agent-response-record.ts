import { errorTypeOf } from '../normalise/failures.ts'
import { knownFields } from '../normalise/known.ts'
import { normaliseModel, normaliseProvider } from '../normalise/models.ts'
import type { EvaluationResultInput, SourceFile } from '../reader.ts'
import { plainJson } from './exact-json.ts'
import type { ExactJson } from './exact-json.ts'
import type { ResponseItem } from './nano-agent-response-schema.ts'

/** @param value the item as it stood in the file */
export function responseRecord(
  item: ResponseItem,
  value: ExactJson,
  file: SourceFile,
  naturalKey: EvaluationResultInput['naturalKey'],
): { record: EvaluationResultInput; warnings: string[] } {
  const { request, response } = item
  const metadata = response.metadata ?? {}
  const usage = metadata.token_usage ?? {}
  const warnings = usageWarnings(usage)
  const occurred = metadata.timestamp ?? file.fallbackTime
  const record = knownFields<EvaluationResultInput>({
    naturalKey,
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    run: `nano-agent-response:${file.sha256.slice(0, 16)}`,
    framework: 'nano-agent',
    ...modelOf(item, warnings),
    success: response.success,
    successSource: 'reported',
    durationNs: response.execution_time_seconds,
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    totalTokens: usage.total_tokens,
    cacheReadTokens: usage.cached_tokens,
    // nano-agent counts the messages of an object that has none and writes 0 for every run: 0 is no count.
    turnCount: metadata.turns_used || metadata.turns || undefined,
    costReportedUsd: usage.total_cost,
    errorType: errorType(item),
    errorMessage: response.error || undefined,
    prompt: request?.agentic_prompt ?? undefined,
    response: response.result ?? undefined,
    raw: plainJson(value),
  })
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
