import type { Caller } from '../core/caller.ts'
import type { Problem } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import type { ExportSpec } from '../core/export-spec.ts'
import { uuidv7 } from '../core/uuid.ts'
import { pinSnapshots } from '../db/snapshot-pins.ts'
import type { ExportContext } from './context.ts'
import { loadJob } from './jobs.ts'
import { insertQueued } from './job-status.ts'
import { planExport } from './plan.ts'

/**
 * Starts an export: plans it, then writes the job, its snapshot and its wake-up in one transaction.
 * @throws AppError INVALID_INPUT, FIELD_FORBIDDEN or FORBIDDEN; nothing was written then
 */
export async function requestExport(
  context: ExportContext,
  caller: Caller,
  spec: ExportSpec,
  problems: Problem[] = [],
): Promise<ExportJob> {
  const plan = planExport(caller, spec, context.privacy.keys.currentVersion, problems)
  const id = uuidv7()
  await context.db.transaction(async (tx) => {
    await pinSnapshots(tx)
    await context.queue.send(tx)
    await context.scope.enter(tx, caller.projectId)
    await insertQueued(tx, {
      id,
      projectId: caller.projectId,
      requestedBy: caller.principalId,
      spec,
      plan,
      reason: spec.reason?.trim() || null,
    })
  })
  const job = await loadJob(context, caller.projectId, id)
  return job!
}
