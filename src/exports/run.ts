import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { JobFailure } from '../core/export-job.ts'
import { endQueries } from '../db/end-queries.ts'
import { mayPass } from '../db/passing-faults.ts'
import type { ExportContext } from './context.ts'
import { discardLeftovers } from './discard.ts'
import type { Claim } from './job-status/claim.ts'
import { endCancelled, fail, postpone, release, succeed } from './job-status/held.ts'
import { watchPermission } from './permission-watch.ts'
import { reportRun } from './progress.ts'
import { markOf } from './read.ts'
import { untilItPasses } from './transient.ts'
import { writeArtifact } from './write-artifact.ts'

/**
 * Runs a claimed export to its end, which is written before this returns: SUCCEEDED with the whole file in the store,
 * FAILED or CANCELLED with none, or given back because this process stops. If the claim was lost, another worker has the
 * job, and nothing more is written.
 * @param stopping aborted when this process has to stop
 */
export async function runExport(context: ExportContext, claim: Claim, stopping: AbortSignal): Promise<void> {
  const report = reportRun(context, claim)
  const permission = watchPermission(context, claim)
  const signal = AbortSignal.any([stopping, report.lost, permission.lost])
  let queriesEnd: Promise<void> | undefined
  const endQueriesToo = () => {
    queriesEnd = endOwnQueries(context, claim)
  }
  signal.addEventListener('abort', endQueriesToo, { once: true })
  const asking = { log: context.log, job: claim.id }
  let held: boolean
  try {
    const outcome = await writeArtifact(context, claim, report, signal)
    await report.end()
    await untilItPasses({ ...asking, signal }, () => permission.check())
    held = await untilItPasses(asking, () => succeed(context.vital, claim, outcome))
  } catch (error) {
    await report.end()
    if (report.lost.aborted) held = false
    else if (permission.lost.aborted)
      held = await failForGood(context, claim, stopping, permission.lost.reason)
    else if (stopping.aborted) held = await giveBack(context, claim)
    else held = await postponeOrFail(context, claim, stopping, error)
  } finally {
    permission.end()
  }
  // A cancellation may come in the very last moment, too.
  if (!held) held = await endIfCancelled(context, claim)
  if (!held) {
    context.log.warn({ job: claim.id, attempt: claim.attempt }, 'the export is no longer this worker’s')
  }
  await discardLeftovers(context, claim.id)
  await context.news.publish(claim.id)
  // It must not go on when the process closes its connections.
  await queriesEnd
}

/** What the run has asked for and nobody waits for any more; the next page may only just be on its way. */
async function endOwnQueries({ vital, log }: ExportContext, claim: Claim): Promise<void> {
  try {
    for (let looks = 0; looks < 5; looks++) {
      await endQueries(vital, markOf(claim))
      await delay(50)
    }
  } catch (error) {
    // They end by themselves, at the latest at their time limit.
    log.warn({ job: claim.id, err: error }, 'the queries of the export could not be ended')
  }
}

/** Ends a job that its owner has cancelled meanwhile. If that cannot be said now, it is said when the lease has run out. */
async function endIfCancelled({ log, vital }: ExportContext, claim: Claim): Promise<boolean> {
  const signal = AbortSignal.timeout(releasePatience)
  const asking = { log, job: claim.id, signal }
  return untilItPasses(asking, () => endCancelled(vital, claim)).catch(() => false)
}

/** How long a process that must stop waits for a database that is away. */
const releasePatience = 3000

/** If that does not succeed, the job is another's when its lease has run out. */
function giveBack({ vital, log }: ExportContext, claim: Claim): Promise<boolean> {
  const signal = AbortSignal.timeout(releasePatience)
  return untilItPasses({ log, job: claim.id, signal }, () => release(vital, claim))
}

/** A fault that may pass is tried again later, several times, from the last part on; another one is the job's end. */
async function postponeOrFail(
  context: ExportContext,
  claim: Claim,
  stopping: AbortSignal,
  error: unknown,
): Promise<boolean> {
  const { log, vital } = context
  const passing = mayPass(error) || storageMayRecover(error)
  const asking = { log, job: claim.id, signal: stopping }
  if (passing && (await untilItPasses(asking, () => postpone(vital, claim)))) {
    log.warn({ job: claim.id, attempt: claim.attempt, err: error }, 'the export is tried again later')
    return true
  }
  return failForGood(context, claim, stopping, error)
}

/** A job that has failed must be seen to have, also if the database is away just now. */
async function failForGood(
  { log, vital, redaction }: ExportContext,
  claim: Claim,
  stopping: AbortSignal,
  error: unknown,
): Promise<boolean> {
  log.error({ job: claim.id, attempt: claim.attempt, err: error }, 'the export failed')
  const failure = failureOf(error, redaction.text)
  // What is behind a fault of the server may be over tomorrow; other faults say that nothing of it should be kept.
  const keepingParts = failure.code === 'EXPORT_FAILED'
  return untilItPasses({ log, job: claim.id, signal: stopping }, () =>
    fail(vital, claim, failure, { keepingParts }),
  )
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
    message: 'The export failed by a fault of the server. There is no file.',
    hint: 'Try it again: for a day, it goes on from what it has. If it fails again, the server log names the cause under this job.',
  }
}
