import type { RecordFields } from './record.ts'
import type { TokenCounts } from './token-counts.ts'

/** One message, model call, agent run or event of a session. */
export interface AgentInteractionFields extends RecordFields, TokenCounts {
  readonly sessionId?: string
  /** Its place in the file that tells of it, from 1. */
  readonly sequence?: bigint
  /** snake_case, e.g. `user_prompt`, `assistant_message`, `agent_run`, `system`, `compaction`, `notification`, `stop`. */
  readonly kind?: string
  /** OpenTelemetry's `gen_ai.operation.name`, e.g. `chat`, `invoke_agent`; absent where no model was asked. */
  readonly operation?: string
  readonly provider?: string
  readonly model?: string
  readonly responseModel?: string
  /** The provider's id of the answer. */
  readonly responseId?: string
  /** The source's id of the record that this one follows. */
  readonly parentId?: string
  readonly agentId?: string
  readonly agentName?: string
  readonly isSidechain?: boolean
  /** Exact decimal in US dollars. */
  readonly costReportedUsd?: string
  /** Told by our own exports alone; otherwise made from tokens and prices. */
  readonly costComputedUsd?: string
  readonly priceVersion?: string
  readonly durationNs?: bigint
  readonly success?: boolean
  readonly finishReasons?: readonly string[]
  readonly errorType?: string
  readonly errorMessage?: string
  readonly request?: string
  readonly response?: string
  readonly thinking?: string
  readonly permissionMode?: string
  readonly clientVersion?: string
  readonly gitBranch?: string
  readonly workingDirectory?: string
  readonly userId?: string
  /** What was measured beside the fields, by metric name; performance metrics are made from it, it is not exported. */
  readonly measures?: Readonly<Record<string, Measure>>
}

/** `unit` in UCUM, e.g. `s`, `{token}`, `1`. */
export interface Measure {
  readonly value: number
  readonly unit: string
}
