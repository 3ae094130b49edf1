import { and, desc, eq, lt, sql } from 'drizzle-orm'
import { requirePermission, type Caller } from '../core/caller.ts'
import type { ExportJob } from '../core/export-job.ts'
import { canonicalTime } from '../core/time.ts'
import { exportJobs } from '../db/schema/schema.ts'
import type { ExportContext } from './context.ts'

type Reads = Pick<ExportContext, 'db' | 'scope'>

/** The job, or undefined if there is none in the caller's project. */
export async function findJob(context: Reads, caller: Caller, id: string): Promise<ExportJob | undefined> {
  requirePermission(caller, 'exports:read')
  return loadJob(context, caller.projectId, id)
}

/** The same for whoever has just started it, and may perhaps see no other. */
export async function loadJob(context: Reads, projectId: number, id: string): Promise<ExportJob | undefined> {
  const [row] = await context.scope.transaction(context.db, projectId, (tx) =>
    tx
      .select()
      .from(exportJobs)
      .where(and(eq(exportJobs.projectId, projectId), eq(exportJobs.id, id))),
  )
  return row && toJob(row)
}

/** The project's jobs, newest first. @param before the id of the last job of the page before */
export async function listJobs(
  context: Reads,
  caller: Caller,
  page: { limit: number; before: string | undefined },
): Promise<readonly ExportJob[]> {
  requirePermission(caller, 'exports:read')
  const rows = await context.scope.transaction(context.db, caller.projectId, (tx) =>
    tx
      .select()
      .from(exportJobs)
      .where(
        and(
          eq(exportJobs.projectId, caller.projectId),
          // UUIDv7: the order of ids is the order of time.
          page.before === undefined ? sql`true` : lt(exportJobs.id, page.before),
        ),
      )
      .orderBy(desc(exportJobs.id))
      .limit(page.limit),
  )
  return rows.map(toJob)
}

function toJob(row: typeof exportJobs.$inferSelect): ExportJob {
  const { spec: _spec, snapshot: _snapshot, losses: _losses, leaseUntil: _leaseUntil, ...job } = row
  return {
    ...job,
    createdAt: canonicalTime(row.createdAt),
    startedAt: row.startedAt && canonicalTime(row.startedAt),
    finishedAt: row.finishedAt && canonicalTime(row.finishedAt),
  }
}
