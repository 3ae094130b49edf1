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
      .select(jobColumns)
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
      .select(jobColumns)
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

/** By the database's clock: not heard of for several beats, or alive and at a standstill. */
const isStalled = sql<boolean>`${exportJobs.status} in ('RUNNING', 'CANCELLING')
  and (coalesce(${exportJobs.heartbeatAt} < now() - interval '5 seconds', true)
    or coalesce(${exportJobs.advancedAt} < now() - interval '30 seconds', true))`

const jobColumns = {
  id: exportJobs.id,
  projectId: exportJobs.projectId,
  requestedBy: exportJobs.requestedBy,
  plan: exportJobs.plan,
  status: exportJobs.status,
  version: exportJobs.version,
  attempt: exportJobs.attempt,
  phase: exportJobs.phase,
  rowsTotal: exportJobs.rowsTotal,
  rowsTotalExact: exportJobs.rowsTotalExact,
  rowsWritten: exportJobs.rowsWritten,
  bytesWritten: exportJobs.bytesWritten,
  rowsPerSecond: exportJobs.rowsPerSecond,
  heartbeatAt: exportJobs.heartbeatAt,
  isStalled,
  counts: exportJobs.counts,
  redactions: exportJobs.redactions,
  reason: exportJobs.reason,
  artifactKey: exportJobs.artifactKey,
  sha256: exportJobs.sha256,
  proof: exportJobs.proof,
  failure: exportJobs.failure,
  idempotencyKey: exportJobs.idempotencyKey,
  createdAt: exportJobs.createdAt,
  startedAt: exportJobs.startedAt,
  finishedAt: exportJobs.finishedAt,
  expiresAt: exportJobs.expiresAt,
} as const

const times = ['heartbeatAt', 'startedAt', 'finishedAt', 'expiresAt'] as const

function toJob(row: ExportJob): ExportJob {
  const canonical = times.map((name) => [name, row[name] && canonicalTime(row[name])])
  return { ...row, ...Object.fromEntries(canonical), createdAt: canonicalTime(row.createdAt) }
}
