import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { Counts } from '../core/counts.ts'
import type { JobFailure, JobPhase } from '../core/export-job.ts'
import type { ExportPlan, ExportSpec } from '../core/export-spec.ts'
import type { StoredFold } from '../core/key-fold.ts'
import type { ExportProof } from '../core/proof.ts'
import type { Redactions } from '../core/redaction-counts.ts'
import type { Db } from '../db/connection.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { deleteParts, insertPart, type ExportPart } from './parts.ts'

/**
 * The only writer of export_jobs. Each function is one transition, allowed by its `where`: a caller that is late, or
 * whose job was taken over, changes nothing and is told so. Times are the database's, since workers' clocks differ.
 */

/** How long a worker may be silent before its job is another's. */
const lease = sql`interval '8 seconds'`

/** When so many workers have fallen silent over a job, it is given to no other. */
const maxLosses = 5

export interface NewJob {
  readonly id: string
  readonly projectId: number
  readonly requestedBy: string
  readonly spec: ExportSpec
  readonly plan: ExportPlan
  readonly reason: string | null
}

/** A worker's hold on a job; good while no later attempt has been claimed. */
export interface Claim {
  readonly id: string
  readonly projectId: number
  /** Whose permissions it runs with. */
  readonly requestedBy: string
  readonly attempt: number
  readonly plan: ExportPlan
  readonly snapshot: string
  readonly partsDone: number
  /** What made those parts. */
  readonly partsMaker: string | null
}

/** In the transaction whose snapshot becomes the export's. */
export async function insertQueued(tx: Db, job: NewJob): Promise<void> {
  await tx.insert(exportJobs).values({ ...job, status: 'QUEUED', snapshot: sql`pg_current_snapshot()` })
}

/** Takes the job that has waited longest, or undefined if none waits. A job whose worker fell silent waits again. */
export async function claimNext(db: Db): Promise<Claim | undefined> {
  const [claim] = await db
    .update(exportJobs)
    .set({
      status: 'RUNNING',
      attempt: sql`${exportJobs.attempt} + 1`,
      losses: sql`${exportJobs.losses} + (${exportJobs.status} = 'RUNNING')::int`,
      leaseUntil: sql`now() + ${lease}`,
      startedAt: sql`coalesce(${exportJobs.startedAt}, now())`,
      phase: 'WRITING',
      version: sql`${exportJobs.version} + 1`,
    })
    .where(
      eq(
        exportJobs.id,
        sql`(select id from export_jobs
          where (status = 'QUEUED' and coalesce(not_before, now()) <= now())
            or (status = 'RUNNING' and lease_until < now() and losses + 1 < ${maxLosses})
          order by created_at, id limit 1 for update skip locked)`,
      ),
    )
    .returning({
      id: exportJobs.id,
      projectId: exportJobs.projectId,
      requestedBy: exportJobs.requestedBy,
      attempt: exportJobs.attempt,
      plan: exportJobs.plan,
      snapshot: exportJobs.snapshot,
      partsDone: exportJobs.partsDone,
      partsMaker: exportJobs.partsMaker,
    })
  return claim
}

/** Ends the jobs that no worker survives. */
export async function failAbandoned(db: Db, failure: JobFailure): Promise<readonly JobId[]> {
  return failAll(db, failure, sql`status = 'RUNNING' and lease_until < now() and losses + 1 >= ${maxLosses}`)
}

/** Ends the jobs that have not ended within so many hours: what their snapshots pin cannot be kept for ever. */
export async function failOutworn(db: Db, hours: number, failure: JobFailure): Promise<readonly JobId[]> {
  return failAll(db, failure, sql`${unfinished} and created_at < now() - ${hours}::int * interval '1 hour'`)
}

/** Ends all jobs that have not ended, for a reason that none of them gets over. */
export async function failUnfinished(db: Db, failure: JobFailure): Promise<readonly JobId[]> {
  return failAll(db, failure, unfinished)
}

type JobId = Pick<Claim, 'id'>

const unfinished = sql`status in ('QUEUED', 'RUNNING')`

async function failAll(db: Db, failure: JobFailure, which: SQL): Promise<readonly JobId[]> {
  return db
    .update(exportJobs)
    .set({ ...failedBy(failure), version: sql`${exportJobs.version} + 1` })
    .where(which)
    .returning({ id: exportJobs.id })
}

export interface Progress {
  readonly phase: JobPhase
  readonly rowsWritten: number
  readonly bytesWritten: number
  /** Undefined while it is not known. */
  readonly rowsTotal: number | undefined
}

/** Extends the lease and shows the progress, which never goes back, not even when a run begins anew. */
export async function reportProgress(db: Db, claim: Claim, progress: Progress): Promise<boolean> {
  return transition(db, claim, {
    leaseUntil: sql`now() + ${lease}`,
    phase: progress.phase,
    rowsWritten: sql`greatest(${exportJobs.rowsWritten}, ${progress.rowsWritten}::bigint)`,
    bytesWritten: sql`greatest(${exportJobs.bytesWritten}, ${progress.bytesWritten}::bigint)`,
    ...(progress.rowsTotal !== undefined && { rowsTotal: progress.rowsTotal, rowsTotalExact: true }),
  })
}

/** Gives the job back, for another worker to go on with. */
export async function release(db: Db, claim: Claim): Promise<boolean> {
  return transition(db, claim, { status: 'QUEUED', leaseUntil: null, phase: null })
}

/**
 * Gives the job back because of a fault that may pass, to be claimed after a while, a longer one each time. Counts as a
 * worker lost.
 * @returns false also when that has happened too often
 */
export async function postpone(db: Db, claim: Claim): Promise<boolean> {
  return transition(
    db,
    claim,
    {
      status: 'QUEUED',
      leaseUntil: null,
      phase: null,
      losses: sql`${exportJobs.losses} + 1`,
      notBefore: sql`now() + interval '1 second' * 2 ^ ${exportJobs.losses}`,
    },
    sql`${exportJobs.losses} + 1 < ${maxLosses}`,
  )
}

/**
 * Commits a part that is durable in the store: only the claim's own next one. What is committed is never written again.
 * @param number from 0
 * @param maker what made it
 */
export async function commitPart(
  db: Db,
  claim: Claim,
  number: number,
  part: ExportPart,
  maker: string,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const changes = {
      partsDone: number + 1,
      partsMaker: maker,
      leaseUntil: sql`now() + ${lease}`,
      // Whoever brings it forward may lose it again without that being counted against it.
      losses: 0,
    }
    const held = await transition(tx, claim, changes, eq(exportJobs.partsDone, number))
    if (held) await insertPart(tx, claim, number, part)
    return held
  })
}

/** Gives up the parts that are committed, because they are not there, or were made by another version. */
export async function forgetParts(db: Db, claim: Claim): Promise<boolean> {
  return db.transaction(async (tx) => {
    const held = await transition(tx, claim, { partsDone: 0, partsMaker: null })
    if (held) await deleteParts(tx, claim.id)
    return held
  })
}

export interface Outcome {
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  readonly artifactKey: string
  readonly counts: Counts
  readonly redactions: Redactions
  readonly keys: StoredFold
  readonly proof: ExportProof
}

export async function succeed(db: Db, claim: Claim, outcome: Outcome): Promise<boolean> {
  return transition(db, claim, {
    status: 'SUCCEEDED',
    phase: null,
    leaseUntil: null,
    rowsTotal: outcome.rows,
    rowsTotalExact: true,
    rowsWritten: outcome.rows,
    bytesWritten: outcome.bytes,
    sha256: outcome.sha256,
    artifactKey: outcome.artifactKey,
    counts: outcome.counts,
    redactions: outcome.redactions,
    keys: outcome.keys,
    proof: outcome.proof,
    finishedAt: sql`now()`,
  })
}

export async function fail(db: Db, claim: Claim, failure: JobFailure): Promise<boolean> {
  return transition(db, claim, failedBy(failure))
}

/** What a job that ends without a file looks like. */
function failedBy(failure: JobFailure) {
  return { status: 'FAILED', failure, phase: null, leaseUntil: null, finishedAt: sql`now()` } as const
}

/** @returns false if the claim no longer holds; nothing was changed then */
async function transition(
  db: Db,
  claim: Claim,
  changes: Parameters<ReturnType<typeof db.update<typeof exportJobs>>['set']>[0],
  condition?: SQL,
): Promise<boolean> {
  const changed = await db
    .update(exportJobs)
    .set({ ...changes, version: sql`${exportJobs.version} + 1` })
    .where(
      and(
        eq(exportJobs.id, claim.id),
        eq(exportJobs.attempt, claim.attempt),
        eq(exportJobs.status, 'RUNNING'),
        condition,
      ),
    )
    .returning({ id: exportJobs.id })
  return changed.length === 1
}
