import { sql } from 'drizzle-orm'
import type { JobFailure } from '../../core/export-job.ts'
import type { Db } from '../../db/connection.ts'
import { maxLosses } from './claim.ts'
import { cancelled, change, failedBy, failedKeepingParts } from './transition.ts'

/** What happens to jobs with time, by the database's clock. Each says which jobs it ended. */

/** Ends the jobs that no worker survives. */
export async function failAbandoned(db: Db, failure: JobFailure): Promise<readonly string[]> {
  const where = sql`lease_until < now() and losses + 1 >= ${maxLosses}`
  return change(db, { from: ['RUNNING'], where }, failedKeepingParts(failure))
}

/** Ends the jobs whose worker fell silent before it had cancelled them. */
export async function cancelAbandoned(db: Db): Promise<readonly string[]> {
  return change(db, { from: ['CANCELLING'], where: sql`lease_until < now()` }, cancelled)
}

/** Ends the jobs that have not ended within so many hours: what their snapshots pin cannot be kept for ever. */
export async function failOutworn(db: Db, hours: number, failure: JobFailure): Promise<readonly string[]> {
  const where = sql`queued_at < now() - ${hours}::int * interval '1 hour'`
  return change(db, { from: ['QUEUED', 'RUNNING'], where }, failedBy(failure))
}

/** Ends all jobs that have not ended, for a reason that none of them gets over. */
export async function failUnfinished(db: Db, failure: JobFailure): Promise<readonly string[]> {
  return change(db, { from: ['QUEUED', 'RUNNING', 'CANCELLING'], where: undefined }, failedBy(failure))
}

/** Gives up the files that have had their time. */
export async function expireFiles(db: Db): Promise<readonly string[]> {
  return change(db, { from: ['SUCCEEDED'], where: sql`expires_at < now()` }, { status: 'EXPIRED' })
}

/** Gives up the parts of jobs that failed and were not tried again for a day. */
export async function expireParts(db: Db): Promise<readonly string[]> {
  const where = sql`parts_done > 0 and finished_at < now() - interval '1 day'`
  return change(db, { from: ['FAILED'], where }, { partsDone: 0, partsMaker: null })
}
