import { addCounts, type Counts } from '../core/counts.ts'
import { addRedactionCounts, type RedactionCounts } from '../core/redaction-counts.ts'
import { AppError } from '../core/errors.ts'
import type { JobFailure } from '../core/export-job.ts'
import { datasetById } from '../datasets/registry.ts'
import { formatterById } from '../formatters/registry.ts'
import type { ExportContext } from './context.ts'
import { attemptKey, discardArtifacts, discardEarlierAttempts, discardUnlessFinal } from './discard.ts'
import { fail, release, succeed, type Claim, type Outcome } from './job-status.ts'
import { watchPermission } from './permission-watch.ts'
import { reportRun, type RunReport } from './progress.ts'
import { countRecords, readBatches } from './read.ts'

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
    held = await succeed(context.vital, claim, outcome)
    if (held) await discardEarlierAttempts(context, claim)
  } catch (error) {
    await report.end()
    if (report.lost.aborted) held = false
    else if (stopping.aborted && !permission.lost.aborted) held = await release(context.vital, claim)
    else {
      const why: unknown = permission.lost.aborted ? permission.lost.reason : error
      context.log.error({ job: claim.id, attempt: claim.attempt, err: why }, 'the export failed')
      held = await fail(context.vital, claim, failureOf(why, context.redaction.text))
      if (held) await discardArtifacts(context, claim)
    }
  } finally {
    permission.end()
  }
  if (!held) {
    context.log.warn({ job: claim.id, attempt: claim.attempt }, 'the export is no longer this worker’s')
    await discardUnlessFinal(context, claim)
  }
  await context.news.publish(claim.id)
}

async function writeArtifact(
  context: ExportContext,
  claim: Claim,
  report: RunReport,
  signal: AbortSignal,
): Promise<Outcome> {
  const { plan } = claim
  const formatter = formatterById(plan.format)
  const encoder = formatter.encoder({ dataset: plan.dataset, columns: plan.columns }, plan.formatOptions)
  const artifactKey = `${attemptKey(claim)}${formatter.extension}`
  const artifact = await context.artifacts.begin(artifactKey)
  void countInTheBackground(context, claim, report)
  let redactions: RedactionCounts = {}
  let rows = 0
  let counts: Counts = {}
  try {
    await artifact.append(encoder.head())
    for await (const batch of readBatches(context, plan, claim, signal)) {
      const encoded = encoder.rows(batch, BigInt(rows))
      await artifact.append(encoded.bytes)
      rows += batch.rows.length
      counts = addCounts(counts, encoded.counts)
      redactions = addRedactionCounts(redactions, batch.redactions)
      report.wrote(rows, artifact.bytes)
    }
    await artifact.append(encoder.tail(BigInt(rows)))
    report.finishing()
    signal.throwIfAborted()
    const { bytes, sha256 } = await artifact.commit()
    return {
      rows,
      bytes,
      sha256,
      artifactKey,
      counts,
      redactions: { rules: context.privacy.rules.version, counts: redactions },
    }
  } finally {
    await artifact.abort()
  }
}

/** The total is news for whoever watches; the export neither waits for it nor fails with it. */
async function countInTheBackground(context: ExportContext, claim: Claim, report: RunReport): Promise<void> {
  try {
    const dataset = datasetById(claim.plan.dataset)
    report.total(await countRecords(context, dataset, { ...claim, filter: claim.plan.filter }))
  } catch (error) {
    context.log.warn({ job: claim.id, err: error }, 'the rows could not be counted ahead')
  }
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
