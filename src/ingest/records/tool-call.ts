import type { RecordFields } from './record.ts'

/** One call of a tool by an agent. Sources tell of its two ends apart: what was asked, and what came back. */
export interface ToolCallFields extends RecordFields {
  readonly sessionId?: string
  readonly callId?: string
  readonly toolName?: string
  /** OpenTelemetry's `gen_ai.tool.type`: `function`, `extension` (an MCP server's) or `datastore`. */
  readonly toolType?: string
  readonly mcpServer?: string
  readonly agentId?: string
  readonly isSidechain?: boolean
  /** RFC 3339 in UTC, up to six decimals. */
  readonly startedAt?: string
  readonly endedAt?: string
  /** As told; where it is not, it is made from the two times. */
  readonly durationNs?: bigint
  readonly success?: boolean
  readonly interrupted?: boolean
  /** Plain JSON, as the source has it. */
  readonly arguments?: unknown
  readonly result?: unknown
  /** Told by our own exports alone; otherwise counted. */
  readonly argumentsBytes?: bigint
  readonly resultBytes?: bigint
  readonly errorMessage?: string
}
