import type { ErrorCode } from './errors.ts'
import type { Counts } from './counts.ts'
import type { ExportPlan } from './export-spec.ts'
import type { ExportProof } from './proof.ts'
import type { Redactions } from './redaction-counts.ts'

/**
 * QUEUED -> RUNNING -> SUCCEEDED or FAILED. A worker that stops in order puts its job back to QUEUED; the job of one
 * that dies is claimed again when its lease has run out.
 */
export const jobStatuses = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const
export type JobStatus = (typeof jobStatuses)[number]

export function isFinal(status: JobStatus): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED'
}

/** What a running job is doing. */
export const jobPhases = ['WRITING', 'FINISHING'] as const
export type JobPhase = (typeof jobPhases)[number]

export interface JobFailure {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
}

/** An export job as its readers see it. Times are RFC 3339 in UTC with six decimals. */
export interface ExportJob {
  readonly id: string
  readonly projectId: number
  readonly requestedBy: string
  readonly plan: ExportPlan
  readonly status: JobStatus
  readonly version: number
  readonly attempt: number
  readonly phase: JobPhase | null
  readonly rowsTotal: number | null
  readonly rowsTotalExact: boolean | null
  readonly rowsWritten: number
  readonly bytesWritten: number
  readonly counts: Counts | null
  readonly redactions: Redactions | null
  /** Why something leaves unredacted. */
  readonly reason: string | null
  readonly artifactKey: string | null
  readonly sha256: string | null
  /** Null for one of an earlier version. */
  readonly proof: ExportProof | null
  readonly failure: JobFailure | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
}
