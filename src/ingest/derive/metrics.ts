import { knownFields } from '../normalise/known.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import type { PerformanceMetricFields } from '../records/performance-metric.ts'
import type { ToolCallFields } from '../records/tool-call.ts'

/** The records that metrics are made from. */
export interface MeasuredRecords {
  readonly evaluation_result: EvaluationResultFields
  readonly agent_interaction: AgentInteractionFields
  readonly tool_call: ToolCallFields
}

/** A metric of a record, without the record's id. Metric, token type and `source` together occur once in a record. */
export interface DerivedMetric extends Omit<PerformanceMetricFields, 'subjectId'> {
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly subjectType: keyof MeasuredRecords
}

type Figure = Pick<DerivedMetric, 'metric' | 'value' | 'unit' | 'tokenType' | 'attributes'>

/**
 * What can be said in figures about one record, from what is known of it; the same record gives the same list in the
 * same order. Of interactions only those in which a model was asked (`operation` is known) have any.
 *
 * | metric | unit | of |
 * | --- | --- | --- |
 * | `gen_ai.client.operation.duration` | s | results, interactions |
 * | `gen_ai.client.token.usage`, token type `input` or `output` | {token} | results, interactions |
 * | `evalport.time_per_output_token`: the whole duration by output tokens, if neither is 0 | s | results, interactions |
 * | `evalport.output_tokens_per_second`: its inverse | {token}/s | results, interactions |
 * | `evalport.cost`, attribute `source`: `reported`, or `computed` with its `price_version` | {USD} | results, interactions |
 * | what the record measured itself, e.g. `ollama.load_duration`, by name | its own | interactions |
 * | `gen_ai.execute_tool.duration`, attribute `tool_name` | s | tool calls |
 * | `evalport.success`: 1 or 0, so that its mean is the rate | 1 | all |
 * | `evalport.error`: 1 if it names an error, to be counted by `error_type`; never 0, since that is not told | 1 | all |
 */
export function metricsOf<Kind extends keyof MeasuredRecords>(
  kind: Kind,
  fields: MeasuredRecords[Kind],
): DerivedMetric[] {
  const record: CommonFields = fields
  const operation = kind === 'tool_call' ? 'execute_tool' : record.operation
  const common = {
    occurredAt: record.occurredAt,
    occurredAtSource: record.occurredAtSource,
    subjectType: kind,
    provider: record.provider,
    model: record.model,
    operation,
    errorType: record.errorType,
    sessionId: record.sessionId,
    testId: record.testId,
    success: record.success,
  }
  return figuresOf[kind](fields)
    .filter(({ value }) => Number.isFinite(value))
    .map((figure) => knownFields<DerivedMetric>({ ...common, ...figure }))
}

/** What metrics take over from their record, where its kind has it. */
type CommonFields = Pick<MeasuredRecords[keyof MeasuredRecords], 'occurredAt' | 'occurredAtSource'> &
  Pick<
    PerformanceMetricFields,
    'provider' | 'model' | 'operation' | 'errorType' | 'sessionId' | 'testId' | 'success'
  >

const figuresOf: { readonly [Kind in keyof MeasuredRecords]: (fields: MeasuredRecords[Kind]) => Figure[] } = {
  evaluation_result: (fields) => [...modelFigures(fields), ...outcomeFigures(fields)],
  agent_interaction: (fields) =>
    fields.operation === undefined
      ? []
      : [...modelFigures(fields), ...measuredFigures(fields), ...outcomeFigures(fields)],
  tool_call: (fields) => {
    const attributes = fields.toolName === undefined ? {} : { attributes: { tool_name: fields.toolName } }
    const figures = [
      ...durationFigure('gen_ai.execute_tool.duration', fields.durationNs),
      ...outcomeFigures(fields),
    ]
    return figures.map((figure) => ({ ...figure, ...attributes }))
  },
}

function modelFigures(fields: EvaluationResultFields | AgentInteractionFields): Figure[] {
  const { durationNs: duration, inputTokens: input, outputTokens: output } = fields
  const figures: Figure[] = durationFigure('gen_ai.client.operation.duration', duration)
  if (input !== undefined) figures.push(tokenFigure('input', input))
  if (output !== undefined) figures.push(tokenFigure('output', output))
  if (duration !== undefined && output !== undefined && duration > 0n && output > 0n) {
    const [seconds, tokens] = [secondsOf(duration), Number(output)]
    figures.push(
      { metric: 'evalport.time_per_output_token', value: seconds / tokens, unit: 's' },
      { metric: 'evalport.output_tokens_per_second', value: tokens / seconds, unit: '{token}/s' },
    )
  }
  const { costReportedUsd: reported, costComputedUsd: computed, priceVersion } = fields
  if (reported !== undefined) figures.push(costFigure(reported, { source: 'reported' }))
  if (computed !== undefined) {
    const version = priceVersion === undefined ? {} : { price_version: priceVersion }
    figures.push(costFigure(computed, { source: 'computed', ...version }))
  }
  return figures
}

function measuredFigures({ measures = {} }: AgentInteractionFields): Figure[] {
  const names = Object.keys(measures).sort()
  return names.map((metric) => ({ metric, value: measures[metric]!.value, unit: measures[metric]!.unit }))
}

function outcomeFigures(fields: {
  readonly success?: boolean
  readonly errorType?: string
  readonly errorMessage?: string
}): Figure[] {
  const figures: Figure[] = []
  if (fields.success !== undefined) {
    figures.push({ metric: 'evalport.success', value: fields.success ? 1 : 0, unit: '1' })
  }
  if (fields.errorType !== undefined || fields.errorMessage !== undefined) {
    figures.push({ metric: 'evalport.error', value: 1, unit: '1' })
  }
  return figures
}

function durationFigure(metric: string, duration: bigint | undefined): Figure[] {
  return duration === undefined ? [] : [{ metric, value: secondsOf(duration), unit: 's' }]
}

function tokenFigure(tokenType: 'input' | 'output', tokens: bigint): Figure {
  return { metric: 'gen_ai.client.token.usage', value: Number(tokens), unit: '{token}', tokenType }
}

function costFigure(usd: string, attributes: Readonly<Record<string, string>>): Figure {
  return { metric: 'evalport.cost', value: Number(usd), unit: '{USD}', attributes }
}

function secondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e9
}
