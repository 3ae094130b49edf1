import type { RecordFields } from './record.ts'

/** One measured figure about one subject. Most are made by us from the record they describe; others are told. */
export interface PerformanceMetricFields extends RecordFields {
  /** A dotted name, OpenTelemetry's where it has one, e.g. `gen_ai.client.operation.duration`. */
  readonly metric?: string
  readonly value?: number
  /** UCUM, e.g. `s`, `{token}`, `By`, `1`. */
  readonly unit?: string
  /** OpenTelemetry's `gen_ai.token.type`: `input` or `output`. */
  readonly tokenType?: string
  /** What it describes: `evaluation_result`, `agent_interaction`, `tool_call`, `session`, `run`. */
  readonly subjectType?: string
  readonly subjectId?: string
  readonly provider?: string
  readonly model?: string
  readonly operation?: string
  readonly errorType?: string
  readonly sessionId?: string
  readonly testId?: string
  readonly success?: boolean
  readonly attributes?: Readonly<Record<string, unknown>>
}
