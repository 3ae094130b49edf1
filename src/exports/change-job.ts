import { eq } from 'drizzle-orm'
import { hasPermission, type Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import { isFinal, type ExportJob, type JobStatus } from '../core/export-job.ts'
import { exportJobId } from '../core/public-id.ts'
import type { Db } from '../db/connection.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { shortTransaction } from '../db/short-transaction.ts'
import { pinSnapshots } from '../db/snapshot-pins.ts'
import { planRefusals } from './check-privacy.ts'
import type { ExportContext } from './context.ts'
import { discardLeftovers } from './discard.ts'
import { findJob, loadJob } from './jobs.ts'
import { cancel, expireNow, giveUpParts, requeue } from './job-status/asked.ts'

/**
 * What an owner does with a job. Each is harmless when it is asked for again: the job is then given as it is.
 * @throws AppError NOT_FOUND, FORBIDDEN, or CONFLICT for a job that is in another state; nothing was changed then
 */

/** Ends an export that has not ended. One that runs ends a moment later, its parts are removed. */
export async function cancelExport(context: ExportContext, caller: Caller, id: string): Promise<ExportJob> {
  const job = await ownJob(context, caller, id)
  const stays = await change(context, job, cancel)
  if (stays) {
    if (stays !== 'CANCELLED' && stays !== 'CANCELLING')
      throw conflict(id, stays, 'can no longer be cancelled')
    return (await loadJob(context, caller.projectId, id))!
  }
  await discardLeftovers(context, id)
  return published(context, job)
}

/** Lets an export that failed or was cancelled be tried again, of the same instant, from its last part on. */
export async function retryExport(context: ExportContext, caller: Caller, id: string): Promise<ExportJob> {
  const job = await ownJob(context, caller, id)
  const [refusal] = hasPermission(caller, 'exports:create')
    ? planRefusals(caller, job.plan)
    : [`It takes the permission exports:create, which the role ${caller.role} or its scopes lack.`]
  if (refusal !== undefined) {
    throw new AppError('FORBIDDEN', `You may not have what this export holds. ${refusal}`, {
      hint: 'Start an export of what you may see.',
    })
  }
  const again = async (tx: Db): Promise<boolean> => {
    await pinSnapshots(tx)
    const requeued = await requeue(tx, id)
    if (requeued) await context.queue.send(tx)
    return requeued
  }
  const stays = await change(context, job, again)
  if (stays) {
    if (stays === 'SUCCEEDED') throw conflict(id, stays, 'need not be tried again')
    if (stays === 'EXPIRED') throw conflict(id, stays, 'cannot be tried again: its file had its time')
    if (isFinal(stays)) {
      throw conflict(
        id,
        stays,
        'cannot be tried again: records as they were when it was asked for are no longer kept',
      )
    }
    return (await loadJob(context, caller.projectId, id))!
  }
  return published(context, job)
}

/** Deletes the file of a finished export, or what one that failed has kept, before its time. The job stays. */
export async function deleteExportFiles(
  context: ExportContext,
  caller: Caller,
  id: string,
): Promise<ExportJob> {
  const job = await ownJob(context, caller, id)
  const remove = async (tx: Db): Promise<boolean> => (await expireNow(tx, id)) || giveUpParts(tx, id)
  const stays = await change(context, job, remove)
  if (stays) {
    if (!isFinal(stays)) throw conflict(id, stays, 'has no file yet')
    return (await loadJob(context, caller.projectId, id))!
  }
  await discardLeftovers(context, id)
  return published(context, job)
}

/** A job that the caller may change: an own one, or any of the project for those who look after it. */
async function ownJob(context: ExportContext, caller: Caller, id: string): Promise<ExportJob> {
  const job = await findJob(context, caller, id)
  if (!job) {
    throw new AppError('NOT_FOUND', `There is no export job ${exportJobId(id)}.`, {
      hint: 'See them all: query exportJobs, or evalport status',
    })
  }
  if (job.requestedBy === caller.principalId || hasPermission(caller, 'exports:manage')) return job
  throw new AppError('FORBIDDEN', 'Another caller’s export takes the permission exports:manage.', {
    hint: 'Ask whoever started it, or an admin of the project.',
  })
}

/**
 * Locked first: of two that change a job at once, the second sees what the first one did.
 * @returns the state that forbade the step, as it was under the lock: a moment later it may be another. Undefined if it was done
 */
async function change(
  { vital }: Pick<ExportContext, 'vital'>,
  { id }: Pick<ExportJob, 'id'>,
  step: (tx: Db, id: string) => Promise<boolean>,
): Promise<JobStatus | undefined> {
  return shortTransaction(vital, async (tx) => {
    const [job] = await tx
      .select({ status: exportJobs.status })
      .from(exportJobs)
      .where(eq(exportJobs.id, id))
      .for('update')
    return (await step(tx, id)) ? undefined : job!.status
  })
}

async function published(context: ExportContext, { id, projectId }: ExportJob): Promise<ExportJob> {
  await context.news.publish(id)
  return (await loadJob(context, projectId, id))!
}

function conflict(id: string, status: JobStatus, why: string): AppError {
  return new AppError('CONFLICT', `The export ${exportJobId(id)} is ${status.toLowerCase()} and ${why}.`, {
    hint: 'Start a new export for the records as they are now.',
  })
}
