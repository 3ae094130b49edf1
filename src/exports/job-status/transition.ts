import { and, eq, inArray, sql, type SQL } from 'drizzle-orm'
import type { JobFailure, JobStatus } from '../../core/export-job.ts'
import type { Db } from '../../db/connection.ts'
import { exportJobs } from '../../db/schema/schema.ts'
import type { Claim } from './claim.ts'

/**
 * This folder is the only writer of export_jobs. Each function is one transition, allowed by its `where`: a caller that is
 * late, or whose job was taken over, changes nothing and is told so. Times are the database's, since workers' clocks
 * differ.
 */

type Changes = Parameters<ReturnType<typeof updateJobs>['set']>[0]
const updateJobs = (db: Db) => db.update(exportJobs)

/** Which job, in which of its lives. */
export interface Change {
  readonly from: readonly JobStatus[]
  readonly where: SQL | undefined
}

/** Changes the jobs that are in such a state. @returns the ids of those that were */
export async function change(db: Db, { from, where }: Change, changes: Changes): Promise<readonly string[]> {
  const changed = await updateJobs(db)
    .set({ ...changes, version: sql`${exportJobs.version} + 1` })
    .where(and(inArray(exportJobs.status, [...from]), where))
    .returning({ id: exportJobs.id })
  return changed.map(({ id }) => id)
}

/** Changes a job that a worker holds. @returns false if the claim no longer holds; nothing was changed then */
export async function changeHeld(
  db: Db,
  claim: Claim,
  changes: Changes,
  { from = 'RUNNING', where }: { readonly from?: JobStatus; readonly where?: SQL } = {},
): Promise<boolean> {
  const held = and(eq(exportJobs.id, claim.id), eq(exportJobs.attempt, claim.attempt), where)
  return (await change(db, { from: [from], where: held }, changes)).length === 1
}

const noWorker = { phase: null, leaseUntil: null, rowsPerSecond: null, finishedAt: sql`now()` } as const

/** What a job looks like that ends without a file, its parts gone. */
export function failedBy(failure: JobFailure) {
  return { ...noWorker, status: 'FAILED', failure, partsDone: 0, partsMaker: null } as const
}

/** The same, with the parts kept, to go on from when it is tried again. */
export function failedKeepingParts(failure: JobFailure) {
  return { ...noWorker, status: 'FAILED', failure } as const
}

export const cancelled = { ...noWorker, status: 'CANCELLED', partsDone: 0, partsMaker: null } as const
