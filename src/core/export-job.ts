import type { ErrorCode } from './errors.ts'
import type { Counts } from './counts.ts'
import type { ExportPlan } from './export-spec.ts'
import type { ExportProof } from './proof.ts'
import type { Redactions } from './redaction-counts.ts'

/** `docs/architecture.md` has the table of what follows what. */
export const jobStatuses = [
  'QUEUED',
  'RUNNING',
  'CANCELLING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
] as const
export type JobStatus = (typeof jobStatuses)[number]

/** Those in which nothing happens by itself any more, but that files grow too old. */
const endStatuses: ReadonlySet<JobStatus> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED'])

export function isFinal(status: JobStatus): boolean {
  return endStatuses.has(status)
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
  /** Of late; null while it is not known. */
  readonly rowsPerSecond: number | null
  /** When its worker was last heard of. */
  readonly heartbeatAt: string | null
  /** It runs, and for some time either nothing was heard of its worker or nothing was done. */
  readonly isStalled: boolean
  readonly counts: Counts | null
  readonly redactions: Redactions | null
  /** Why something leaves unredacted. */
  readonly reason: string | null
  readonly artifactKey: string | null
  readonly sha256: string | null
  /** Null for one of an earlier version. */
  readonly proof: ExportProof | null
  readonly failure: JobFailure | null
  /** Null for none. */
  readonly idempotencyKey: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** When its file goes, or went. */
  readonly expiresAt: string | null
}
