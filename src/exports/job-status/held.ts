import { eq, sql } from 'drizzle-orm'
import type { Counts } from '../../core/counts.ts'
import type { JobFailure, JobPhase } from '../../core/export-job.ts'
import type { StoredFold } from '../../core/key-fold.ts'
import type { ExportProof } from '../../core/proof.ts'
import type { Redactions } from '../../core/redaction-counts.ts'
import type { Db } from '../../db/connection.ts'
import { exportJobs } from '../../db/schema/schema.ts'
import { shortTransaction } from '../../db/short-transaction.ts'
import { deleteParts, insertPart, type ExportPart } from '../parts.ts'
import { lease, maxLosses, type Claim } from './claim.ts'
import { cancelled, changeHeld, failedBy, failedKeepingParts } from './transition.ts'

/** What a worker says of the job that it holds. */

export interface Progress {
  readonly phase: JobPhase
  readonly rowsWritten: number
  readonly bytesWritten: number
  /** Undefined while nothing is known. */
  readonly rowsTotal: { readonly rows: number; readonly isExact: boolean } | undefined
  /** Undefined while it is not known. */
  readonly rowsPerSecond: number | undefined
}

/** Extends the lease and shows the progress, which never goes back, not even when a run begins anew. */
export async function reportProgress(db: Db, claim: Claim, progress: Progress): Promise<boolean> {
  const { phase, rowsWritten, bytesWritten, rowsTotal, rowsPerSecond } = progress
  const total = rowsTotal && {
    // What was counted is not followed by a guess.
    rowsTotal: sql`case when ${exportJobs.rowsTotalExact} then ${exportJobs.rowsTotal} else ${rowsTotal.rows}::bigint end`,
    rowsTotalExact: sql`coalesce(${exportJobs.rowsTotalExact}, false) or ${rowsTotal.isExact}::boolean`,
  }
  return changeHeld(db, claim, {
    leaseUntil: sql`now() + ${lease}`,
    heartbeatAt: sql`now()`,
    advancedAt: sql`case when ${exportJobs.phase} is distinct from ${phase}::text
      or ${exportJobs.rowsWritten} < ${rowsWritten}::bigint or ${exportJobs.bytesWritten} < ${bytesWritten}::bigint
      then now() else ${exportJobs.advancedAt} end`,
    phase,
    rowsWritten: sql`greatest(${exportJobs.rowsWritten}, ${rowsWritten}::bigint)`,
    bytesWritten: sql`greatest(${exportJobs.bytesWritten}, ${bytesWritten}::bigint)`,
    rowsPerSecond: rowsPerSecond ?? null,
    ...total,
  })
}

const waiting = { status: 'QUEUED', leaseUntil: null, phase: null, rowsPerSecond: null } as const

/** Gives the job back, for another worker to go on with. */
export async function release(db: Db, claim: Claim): Promise<boolean> {
  return changeHeld(db, claim, waiting)
}

/**
 * Gives the job back because of a fault that may pass, to be claimed after a while, a longer one each time. Counts as a
 * worker lost.
 * @returns false also when that has happened too often
 */
export async function postpone(db: Db, claim: Claim): Promise<boolean> {
  return changeHeld(
    db,
    claim,
    {
      ...waiting,
      losses: sql`${exportJobs.losses} + 1`,
      notBefore: sql`now() + interval '1 second' * 2 ^ ${exportJobs.losses}`,
    },
    { where: sql`${exportJobs.losses} + 1 < ${maxLosses}` },
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
  return shortTransaction(db, async (tx) => {
    const changes = {
      partsDone: number + 1,
      partsMaker: maker,
      leaseUntil: sql`now() + ${lease}`,
      // Whoever brings it forward may lose it again without that being counted against it.
      losses: 0,
    }
    const held = await changeHeld(tx, claim, changes, { where: eq(exportJobs.partsDone, number) })
    if (held) await insertPart(tx, claim, number, part)
    return held
  })
}

/** Gives up the parts that are committed, because they are not there, or were made by another version. */
export async function forgetParts(db: Db, claim: Claim): Promise<boolean> {
  return shortTransaction(db, async (tx) => {
    const held = await changeHeld(tx, claim, { partsDone: 0, partsMaker: null })
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

/** Plans of earlier versions do not say. */
const defaultFileDays = 7

export async function succeed(db: Db, claim: Claim, outcome: Outcome): Promise<boolean> {
  return changeHeld(db, claim, {
    status: 'SUCCEEDED',
    phase: null,
    leaseUntil: null,
    rowsPerSecond: null,
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
    expiresAt: sql`now() + ${claim.plan.fileDays ?? defaultFileDays}::int * interval '1 day'`,
  })
}

/** @param keepingParts whether it may be gone on with when it is tried again */
export async function fail(
  db: Db,
  claim: Claim,
  failure: JobFailure,
  { keepingParts = false }: { readonly keepingParts?: boolean } = {},
): Promise<boolean> {
  return changeHeld(db, claim, keepingParts ? failedKeepingParts(failure) : failedBy(failure))
}

/** Ends a job whose owner has cancelled it. @returns false if it is not that which ended the claim */
export async function endCancelled(db: Db, claim: Claim): Promise<boolean> {
  return changeHeld(db, claim, cancelled, { from: 'CANCELLING' })
}
