import { AppError } from '../core/errors.ts'
import type { JobPhase, JobStatus } from '../core/export-job.ts'
import type { ApiClient } from './api-client.ts'

/** A job as the commands ask for it. */
export interface JobState {
  readonly id: string
  readonly status: JobStatus
  readonly dataset: string
  readonly format: string
  readonly columns: readonly { readonly header: string; readonly privacy: string }[]
  readonly createdAt: string
  readonly finishedAt: string | null
  readonly expiresAt: string | null
  readonly attempt: number
  readonly progress: {
    readonly phase: JobPhase | null
    readonly rowsWritten: number
    readonly bytesWritten: number
    readonly rowsTotal: { readonly value: number; readonly isExact: boolean } | null
    readonly rowsPerSecond: number | null
    readonly secondsLeft: number | null
    readonly heartbeatAt: string | null
    readonly isStalled: boolean
    readonly percent: number | null
  }
  readonly changes: readonly { readonly kind: string; readonly column: string; readonly count: number }[]
  readonly redactions: readonly { readonly rule: string; readonly column: string; readonly count: number }[]
  readonly failure: { readonly code: string; readonly message: string; readonly hint: string | null } | null
  readonly file: {
    readonly name: string
    readonly rows: number
    readonly bytes: number
    readonly sha256: string
    /** Null for a caller who may not have it. */
    readonly downloadUrl: string | null
    readonly manifestUrl: string | null
    readonly sumsUrl: string | null
    readonly refusal: string | null
  } | null
}

const jobFields = `
  id status dataset format columns { header privacy } createdAt finishedAt expiresAt attempt
  progress { phase rowsWritten bytesWritten rowsTotal { value isExact } percent
    rowsPerSecond secondsLeft heartbeatAt isStalled }
  changes { kind column count }
  redactions { rule column count }
  failure { code message hint }
  file { name rows bytes sha256 downloadUrl manifestUrl sumsUrl refusal }
`

export const jobFragment = `fragment Job on ExportJob { ${jobFields} }`

/** @throws AppError NOT_FOUND */
export async function fetchJob(client: ApiClient, id: string): Promise<JobState> {
  const { exportJob } = await client.query<{ exportJob: JobState | null }>(
    `query Job($id: ID!) { exportJob(id: $id) { ...Job } } ${jobFragment}`,
    { id },
  )
  if (!exportJob) {
    throw new AppError('NOT_FOUND', `There is no export job ${id}.`, {
      hint: 'See them all: evalport status',
    })
  }
  return exportJob
}

/** The job's states from the current one on; the last is the final one. */
export async function* followStates(
  client: ApiClient,
  id: string,
  signal: AbortSignal,
): AsyncIterable<JobState> {
  const states = client.subscribe<{ exportJobUpdated: JobState }>(
    `subscription Job($id: ID!) { exportJobUpdated(id: $id) { ...Job } } ${jobFragment}`,
    { id },
    signal,
  )
  for await (const state of states) yield state.exportJobUpdated
}

/** A job as `--json` prints it. */
export function jobJson(job: JobState): object {
  return {
    id: job.id,
    status: job.status,
    dataset: job.dataset,
    format: job.format,
    rows: job.progress.rowsWritten,
    bytes: job.progress.bytesWritten,
    sha256: job.file?.sha256 ?? null,
    changes: job.changes,
    redactions: job.redactions,
    failure: job.failure,
    createdAt: job.createdAt,
    finishedAt: job.finishedAt,
    expiresAt: job.expiresAt,
    attempt: job.attempt,
  }
}
