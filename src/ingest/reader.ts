import type { AgentInteractionFields } from './records/agent-interaction.ts'
import type { EvaluationResultFields } from './records/evaluation-result.ts'
import type { EvaluationTest } from './records/evaluation-test.ts'
import type { PerformanceMetricFields } from './records/performance-metric.ts'
import type { OccurredAtSource, Telling } from './records/record.ts'
import type { ToolCallFields } from './records/tool-call.ts'

/** A file as it was received: whole, digested and at rest, so that it cannot change while it is read. */
export interface SourceFile {
  /** As the sender names it, `/`-separated; for people, never opened. */
  readonly path: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly bytes: number
  /** The time to give to records that carry none: RFC 3339, UTC. */
  readonly fallbackTime: { readonly at: string; readonly source: OccurredAtSource }
  /** Its bytes from the beginning, at each call. */
  open(): AsyncIterable<Uint8Array>
}

/** Where in the file: a line from 1, or an item of an array or of a JSON-lines file from 1. */
export interface Position {
  readonly line?: number
  readonly item?: number
}

/** A telling of a record, by the kind of record. */
export type RecordOutput =
  | { readonly kind: 'evaluation_result'; readonly record: Telling<EvaluationResultFields> }
  | { readonly kind: 'performance_metric'; readonly record: Telling<PerformanceMetricFields> }
  | { readonly kind: 'agent_interaction'; readonly record: Telling<AgentInteractionFields> }
  | { readonly kind: 'tool_call'; readonly record: Telling<ToolCallFields> }

export type RecordKind = RecordOutput['kind']

export type ReaderOutput =
  | (RecordOutput & { readonly position: Position })
  | { readonly kind: 'evaluation_test'; readonly test: EvaluationTest; readonly position: Position }
  /** Something that cannot become a record; the rest of the file goes on. */
  | {
      readonly kind: 'reject'
      readonly reason: string
      readonly position: Position
      readonly excerpt: string
    }
  /** A record was made, but something about it is worth saying. */
  | { readonly kind: 'warning'; readonly message: string; readonly position: Position }

/** The whole file is not what it seems, or cannot be read on from here. */
export class UnreadableFile extends Error {
  readonly position: Position
  readonly excerpt: string
  constructor(reason: string, position: Position, excerpt = '') {
    super(reason)
    this.name = 'UnreadableFile'
    this.position = position
    this.excerpt = excerpt
  }
}

/** Parser of one input format: one file in `readers/` and one line in `readers/registry.ts`. */
export interface Reader {
  readonly id: string
  readonly description: string
  /** When several sources tell of the same record, the highest rank is believed: 1 to 30. */
  readonly rank: number
  /** @param head the first 64 KiB of the file as text; the decision looks at content, never at the name */
  detect(head: string): boolean
  /**
   * What the file tells, as it is read: nothing is held beyond what a record needs.
   * @throws UnreadableFile; what was told before goes in all the same
   */
  read(file: SourceFile): AsyncIterable<ReaderOutput>
}
