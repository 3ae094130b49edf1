import { and, eq, sql } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { AppError, type Problem } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import type { ExportSpec } from '../core/export-spec.ts'
import { exportJobId } from '../core/public-id.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { shortTransaction } from '../db/short-transaction.ts'
import { pinSnapshots } from '../db/snapshot-pins.ts'
import type { ExportContext } from './context.ts'
import { loadJob } from './jobs.ts'
import { insertQueued, type NewJob } from './job-status/asked.ts'
import { planExport } from './plan.ts'

export interface Requested {
  readonly job: ExportJob
  /** It is the job of an earlier request with the same idempotency key. */
  readonly isRepeat: boolean
}

/**
 * Starts an export: plans it, then writes the job, its snapshot and its wake-up in one transaction. A request with an
 * idempotency key that its caller has used before starts nothing, and gives the job of then.
 * @throws AppError INVALID_INPUT, FIELD_FORBIDDEN, FORBIDDEN, or CONFLICT for a key that stands for another request; nothing
 * was written then
 */
export async function requestExport(
  context: ExportContext,
  caller: Caller,
  { spec, idempotencyKey }: { readonly spec: ExportSpec; readonly idempotencyKey?: string | undefined },
  problems: Problem[] = [],
): Promise<Requested> {
  if (idempotencyKey !== undefined && !/^[!-~]{1,255}$/.test(idempotencyKey)) {
    problems.push({
      message: 'An idempotency key has 1 to 255 printable ASCII characters and no spaces.',
      path: ['idempotencyKey'],
      suggestion: 'Use a random UUID.',
    })
  }
  const keyVersion = context.privacy.keys.currentVersion
  const plan = planExport(caller, spec, { keyVersion, fileDays: context.fileDays }, problems)
  const { projectId, principalId: requestedBy } = caller
  const job = {
    id: uuidv7(),
    projectId,
    requestedBy,
    spec,
    plan,
    reason: spec.reason?.trim() || null,
    idempotencyKey: idempotencyKey ?? null,
  }
  const id = await shortTransaction(context.db, async (tx) => {
    await pinSnapshots(tx)
    // Of a repeated request, a wake-up too many; it finds nothing to do.
    await context.queue.send(tx)
    await context.scope.enter(tx, projectId)
    if (await insertQueued(tx, job)) return job.id
    return repeatedJob(tx, job)
  })
  return { job: (await loadJob(context, projectId, id))!, isRepeat: id !== job.id }
}

/** The job that the caller's idempotency key stands for. */
async function repeatedJob(tx: Db, { requestedBy, idempotencyKey, spec }: NewJob): Promise<string> {
  const [earlier] = await tx
    .select({
      id: exportJobs.id,
      isSame: sql<boolean>`${exportJobs.spec} = ${JSON.stringify(spec)}::text::jsonb`,
    })
    .from(exportJobs)
    .where(and(eq(exportJobs.requestedBy, requestedBy), eq(exportJobs.idempotencyKey, idempotencyKey!)))
  if (earlier?.isSame) return earlier.id
  throw new AppError(
    'CONFLICT',
    `This idempotency key stands for another request${earlier ? `, that of the export ${exportJobId(earlier.id)}` : ''}.`,
    {
      hint: 'Use a new key for a new request, and the same key only for the very same one.',
    },
  )
}
