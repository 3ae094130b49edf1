import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { ExportPlan } from '../../core/export-spec.ts'
import type { Db } from '../../db/connection.ts'
import { exportJobs } from '../../db/schema/schema.ts'
import { shortTransaction } from '../../db/short-transaction.ts'

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

/** How many exports may run at once. */
export interface ClaimLimits {
  /** Those of one caller, whatever the worker. */
  readonly ofCaller: number
  /** Those of one project. */
  readonly ofProject: number
}

/** How long a worker may be silent before its job is another's. */
export const lease = sql`interval '8 seconds'`

/** When so many workers have fallen silent over a job, it is given to no other. */
export const maxLosses = 5

/** Any number that nobody else takes an advisory lock on. */
const claimLock = 4_600_000_004

/** A job whose worker fell silent waits again. */
const waits = sql`((status = 'QUEUED' and coalesce(not_before, now()) <= now())
  or (status = 'RUNNING' and lease_until < now() and losses + 1 < ${maxLosses}))`

/**
 * Takes the next job: of the project, and in it of the caller, that has the fewest running, then of the one that was served
 * longest ago; of a caller's own, the one that has waited longest.
 * @param limits absent: none
 * @returns undefined if none waits that may run now
 */
export async function claimNext(db: Db, limits?: ClaimLimits): Promise<Claim | undefined> {
  return shortTransaction(db, async (tx) => {
    // One claim after the other: two at once would both count what runs without the other.
    await tx.execute(sql`select pg_advisory_xact_lock(${claimLock})`)
    const [claim] = await tx
      .update(exportJobs)
      .set({
        status: 'RUNNING',
        attempt: sql`${exportJobs.attempt} + 1`,
        losses: sql`${exportJobs.losses} + (${exportJobs.status} = 'RUNNING')::int`,
        leaseUntil: sql`now() + ${lease}`,
        claimedAt: sql`now()`,
        heartbeatAt: sql`now()`,
        advancedAt: sql`now()`,
        startedAt: sql`coalesce(${exportJobs.startedAt}, now())`,
        phase: 'WRITING',
        version: sql`${exportJobs.version} + 1`,
      })
      // Asked again of the row itself, which may have changed since it was chosen.
      .where(and(eq(exportJobs.id, nextInLine(limits)), waits))
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
  })
}

function nextInLine(limits: ClaimLimits | undefined): SQL {
  const within = limits
    ? sql`where of_project < ${limits.ofProject} and of_caller < ${limits.ofCaller}`
    : sql``
  return sql`(
    with running as (
      select project_id, requested_by from export_jobs
      where status in ('RUNNING', 'CANCELLING') and lease_until >= now()
    ), first_of_callers as (
      select distinct on (project_id, requested_by) id, project_id, requested_by, queued_at from export_jobs
      where ${waits} order by project_id, requested_by, queued_at, id
    ), in_line as (
      select first.*,
        (select count(*) from running where running.project_id = first.project_id) as of_project,
        (select count(*) from running where running.requested_by = first.requested_by) as of_caller,
        (select max(claimed_at) from export_jobs job where job.project_id = first.project_id) as project_served,
        (select max(claimed_at) from export_jobs job where job.requested_by = first.requested_by) as caller_served
      from first_of_callers first
    )
    select id from in_line ${within}
    order by of_project, of_caller, project_served nulls first, caller_served nulls first, queued_at, id limit 1)`
}
