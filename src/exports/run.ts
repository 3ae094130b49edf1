import { AppError } from '../core/errors.ts'
import type { JobFailure } from '../core/export-job.ts'
import type { ExportContext } from './context.ts'
import { discardArtifacts, discardEarlierAttempts, discardIfOver } from './discard.ts'
import { fail, postpone, release, succeed, type Claim } from './job-status.ts'
import { watchPermission } from './permission-watch.ts'
import { reportRun } from './progress.ts'
import { mayPass, untilItPasses } from './transient.ts'
import { writeArtifact } from './write-artifact.ts'

/**
 * Runs a claimed export to its end, which is written before this returns: SUCCEEDED with the whole file in the store,
 * FAILED with none, or given back because this process stops. If the claim was lost, another worker has the job, and
 * nothing more is written.
 * @param stopping aborted when this process has to stop
 */
export async function runExport(context: ExportContext, claim: Claim, stopping: AbortSignal): Promise<void> {
  const report = reportRun(context, claim)
  const permission = watchPermission(context, claim)
  const signal = AbortSignal.any([stopping, report.lost, permission.lost])
  let held: boolean
  try {
    const outcome = await writeArtifact(context, claim, report, signal)
    await report.end()
    await permission.check()
    held = await untilItPasses({ log: context.log, job: claim.id }, () =>
      succeed(context.vital, claim, outcome),
    )
    if (held) await discardEarlierAttempts(context, claim)
  } catch (error) {
    await report.end()
    if (report.lost.aborted) held = false
    else if (permission.lost.aborted) held = await failForGood(context, claim, permission.lost.reason)
    else if (stopping.aborted) held = await release(context.vital, claim)
    else held = await postponeOrFail(context, claim, error)
  } finally {
    permission.end()
  }
  if (!held) {
    context.log.warn({ job: claim.id, attempt: claim.attempt }, 'the export is no longer this worker’s')
    await discardIfOver(context, claim)
  }
  await context.news.publish(claim.id)
}

/** A fault that may pass is tried again later, several times, from the last part on; another one is the job's end. */
async function postponeOrFail(context: ExportContext, claim: Claim, error: unknown): Promise<boolean> {
  if ((mayPass(error) || storageMayRecover(error)) && (await postpone(context.vital, claim))) {
    context.log.warn({ job: claim.id, attempt: claim.attempt, err: error }, 'the export is tried again later')
    return true
  }
  return failForGood(context, claim, error)
}

async function failForGood(context: ExportContext, claim: Claim, error: unknown): Promise<boolean> {
  context.log.error({ job: claim.id, attempt: claim.attempt, err: error }, 'the export failed')
  const held = await fail(context.vital, claim, failureOf(error, context.redaction.text))
  if (held) await discardArtifacts(context, claim)
  return held
}

const recovering = new Set(['EIO', 'EAGAIN', 'EBUSY', 'ESTALE', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

function storageMayRecover(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code !== undefined && recovering.has(code)
}

/** What the caller is told; anything that is not made for callers is masked, and stands in the log. */
function failureOf(error: unknown, redact: (text: string) => string): JobFailure {
  if (error instanceof AppError) {
    const { code, message, hint } = error
    return { code, message: redact(message), ...(hint && { hint: redact(hint) }) }
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return {
      code: 'STORAGE_FULL',
      message: 'The export storage is full. Nothing partial was kept.',
      hint: 'Free space in the data folder, then start the export again.',
    }
  }
  return {
    code: 'EXPORT_FAILED',
    message: 'The export failed by a fault of the server. Nothing partial was kept.',
    hint: 'Start it again; if it fails again, the server log names the cause under this job.',
  }
}
