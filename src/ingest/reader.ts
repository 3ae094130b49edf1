/** How sure we are of when a record happened, best first. */
export type OccurredAtSource = 'event' | 'event_assumed_utc' | 'git_commit' | 'file_mtime' | 'ingest'

/** A file as it was received: whole, digested and at rest, so that it cannot change while it is read. */
export interface SourceFile {
  /** As the sender names it, `/`-separated; for people, never opened. */
  readonly path: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly bytes: number
  /** The time to give to records that carry none: RFC 3339, UTC. */
  readonly fallbackTime: { readonly at: string; readonly source: OccurredAtSource }
  open(): AsyncIterable<Uint8Array>
}

/**
 * One graded answer of one model to one test in one run, in our words and units, as a reader understands it. What the
 * source does not say is absent: unknown is never 0.
 */
export interface EvaluationResultInput {
  /** What makes it the same result when it is read again, from here or from a better source; unique in the project. */
  readonly naturalKey: readonly (string | number | null)[]
  /** RFC 3339 in UTC, up to six decimals. */
  readonly occurredAt: string
  readonly occurredAtSource: OccurredAtSource
  readonly run: string
  readonly framework: string
  readonly suite?: string
  readonly testId?: string
  readonly testTitle?: string
  readonly testVersion?: string
  readonly sampleId?: string
  readonly attempt?: number
  readonly promptOrder?: 'HOP' | 'LOP'
  readonly provider?: string
  readonly model: string
  readonly modelAsWritten?: string
  readonly responseModel?: string
  readonly agent?: string
  readonly sessionId?: string
  readonly success?: boolean
  readonly successSource?: 'reported' | 'inferred'
  readonly score?: number
  readonly gradePerformance?: string
  readonly gradeSpeed?: string
  readonly gradeCost?: string
  readonly gradeOverall?: string
  /** Scores beyond the four grades. */
  readonly scores?: unknown
  readonly rank?: number
  readonly durationNs?: bigint
  readonly inputTokens?: bigint
  readonly outputTokens?: bigint
  readonly totalTokens?: bigint
  readonly cacheReadTokens?: bigint
  readonly cacheWriteTokens?: bigint
  readonly reasoningTokens?: bigint
  readonly requestCount?: number
  readonly turnCount?: number
  readonly toolCallCount?: number
  /** Exact decimal in US dollars, e.g. `0.000343`. */
  readonly costReportedUsd?: string
  readonly errorType?: string
  readonly errorMessage?: string
  readonly prompt?: string
  readonly response?: string
  readonly expected?: string
  /** The source's own words, as JSON. */
  readonly raw: unknown
}

/** Where in the file: a line from 1, or an item of an array or of a JSON-lines file from 1. */
export interface Position {
  readonly line?: number
  readonly item?: number
}

export type ReaderOutput =
  | {
      readonly kind: 'evaluation_result'
      readonly record: EvaluationResultInput
      readonly position: Position
    }
  /** Something that cannot become a record; the rest of the file goes on. */
  | {
      readonly kind: 'reject'
      readonly reason: string
      readonly position: Position
      readonly excerpt: string
    }
  /** A record was made, but something about it is worth saying. */
  | { readonly kind: 'warning'; readonly message: string; readonly position: Position }

/** The whole file is not what it seems; nothing of it goes in. */
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
  /** When two sources tell of the same record, the higher rank is believed. */
  readonly rank: number
  /** @param head the first 64 KiB of the file as text; the decision looks at content, never at the name */
  detect(head: string): boolean
  /** @throws UnreadableFile */
  read(file: SourceFile): AsyncIterable<ReaderOutput>
}
