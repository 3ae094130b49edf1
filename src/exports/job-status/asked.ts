import { and, eq, sql } from 'drizzle-orm'
import type { ExportPlan, ExportSpec } from '../../core/export-spec.ts'
import type { Db } from '../../db/connection.ts'
import { exportJobs } from '../../db/schema/schema.ts'
import { deletePartsBeyond } from '../parts.ts'
import { cancelled, change } from './transition.ts'

/** What callers ask for: transitions of jobs that nobody has to hold. */

export interface NewJob {
  readonly id: string
  readonly projectId: number
  readonly requestedBy: string
  readonly spec: ExportSpec
  readonly plan: ExportPlan
  readonly reason: string | null
  readonly idempotencyKey: string | null
}

/**
 * In the transaction whose snapshot becomes the export's.
 * @returns false if the caller has used the idempotency key before; nothing was written then
 */
export async function insertQueued(tx: Db, job: NewJob): Promise<boolean> {
  const inserted = await tx
    .insert(exportJobs)
    .values({ ...job, status: 'QUEUED', snapshot: sql`pg_current_snapshot()` })
    .onConflictDoNothing({
      target: [exportJobs.requestedBy, exportJobs.idempotencyKey],
      where: sql`idempotency_key is not null`,
    })
    .returning({ id: exportJobs.id })
  return inserted.length === 1
}

/**
 * Ends a job that waits, and tells the worker of one that runs to end it.
 * @returns false if it has ended, or is being cancelled
 */
export async function cancel(tx: Db, id: string): Promise<boolean> {
  const job = eq(exportJobs.id, id)
  if ((await change(tx, { from: ['QUEUED'], where: job }, cancelled)).length === 1) return true
  return (await change(tx, { from: ['RUNNING'], where: job }, { status: 'CANCELLING' })).length === 1
}

/** What a snapshot shows is still all there. */
const isIntact = sql`exists (select from installation where pg_snapshot_xmin(${exportJobs.snapshot}) >= purged_before
  and ${exportJobs.createdAt} > coalesce(restored_at, '-infinity'))`

/**
 * Lets a job that failed or was cancelled wait for a worker again, which goes on from its parts. To be called after
 * `pinSnapshots`, in the same transaction.
 * @returns false if it is in no such state, or if what its snapshot shows is no longer kept
 */
export async function requeue(tx: Db, id: string): Promise<boolean> {
  const changed = await change(
    tx,
    { from: ['FAILED', 'CANCELLED'], where: and(eq(exportJobs.id, id), isIntact) },
    {
      status: 'QUEUED',
      failure: null,
      losses: 0,
      notBefore: null,
      queuedAt: sql`now()`,
      finishedAt: null,
      rowsWritten: 0,
      bytesWritten: 0,
    },
  )
  if (changed.length === 0) return false
  await deletePartsBeyond(tx, id)
  return true
}

/** Gives up the file of a job before its time. @returns false if it has none */
export async function expireNow(tx: Db, id: string): Promise<boolean> {
  const where = eq(exportJobs.id, id)
  const changed = await change(
    tx,
    { from: ['SUCCEEDED'], where },
    { status: 'EXPIRED', expiresAt: sql`now()` },
  )
  return changed.length === 1
}

/** Gives up the parts that a failed job has kept. @returns false if it has none */
export async function giveUpParts(tx: Db, id: string): Promise<boolean> {
  const where = and(eq(exportJobs.id, id), sql`${exportJobs.partsDone} > 0`)
  return (await change(tx, { from: ['FAILED'], where }, { partsDone: 0, partsMaker: null })).length === 1
}
