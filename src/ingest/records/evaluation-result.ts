import type { RecordFields } from './record.ts'
import type { TokenCounts } from './token-counts.ts'

/**
 * One graded answer of one model to one test in one run, in our words and units. What the source does not say is
 * absent: unknown is never 0.
 */
export interface EvaluationResultFields extends RecordFields, TokenCounts {
  readonly run?: string
  readonly framework?: string
  readonly suite?: string
  readonly testId?: string
  readonly testTitle?: string
  readonly testVersion?: string
  readonly sampleId?: string
  readonly attempt?: number
  readonly promptOrder?: 'HOP' | 'LOP'
  readonly provider?: string
  readonly model?: string
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
  readonly scores?: readonly Score[]
  readonly rank?: number
  readonly durationNs?: bigint
  readonly requestCount?: number
  readonly turnCount?: number
  readonly toolCallCount?: number
  /** Exact decimal in US dollars, e.g. `0.000343`. */
  readonly costReportedUsd?: string
  /** Told by our own exports alone; otherwise made from tokens and prices. */
  readonly costComputedUsd?: string
  readonly priceVersion?: string
  readonly errorType?: string
  readonly errorMessage?: string
  readonly prompt?: string
  readonly response?: string
  readonly expected?: string
  readonly rubric?: string
}

/** One judgement of one answer; at least one of value and label is known. */
export interface Score {
  readonly name: string
  readonly value?: number
  readonly label?: string
  readonly scorer?: string
}
