import { AppError } from '../core/errors.ts'
import { sameFold, type KeyFold } from '../core/key-fold.ts'
import type { ExportContext } from './context.ts'
import type { Claim } from './job-status/claim.ts'
import type { RunReport } from './progress.ts'
import { estimateRecords, foldRecords } from './read.ts'
import { untilItPasses } from './transient.ts'

/**
 * What the records come to, found by one query of its own while they are written: how complete the file is is judged by it,
 * and the total is news for whoever watches. Until it is known, Postgres' guess stands for the total.
 * @returns waits for it; asks again if it failed
 */
export function expectRows(
  context: ExportContext,
  claim: Claim,
  report: RunReport,
  signal: AbortSignal,
): () => Promise<KeyFold> {
  estimateRecords(context, claim.plan, claim).then(
    (rows) => report.total(rows, false),
    (error: unknown) => {
      if (!signal.aborted) context.log.warn({ job: claim.id, err: error }, 'the rows could not be estimated')
    },
  )
  const ask = async (): Promise<KeyFold> => {
    const fold = await untilItPasses({ log: context.log, job: claim.id, signal }, () =>
      foldRecords(context, claim.plan, claim),
    )
    report.total(Number(fold.count), true)
    return fold
  }
  const first = ask().catch((error: unknown) => {
    if (!signal.aborted)
      context.log.warn({ job: claim.id, err: error }, 'the rows could not be counted ahead')
    return undefined
  })
  return async () => (await first) ?? ask()
}

/** @throws AppError INCOMPLETE when what was written is not what an independent count says */
export function checkComplete(written: KeyFold, expected: KeyFold): void {
  if (sameFold(written, expected)) return
  const what =
    written.count === expected.count
      ? `${written.count} rows, but not those`
      : `${written.count} of ${expected.count} rows`
  throw new AppError(
    'INCOMPLETE',
    `The file would have held ${what} that an independent count finds. Nothing of it was kept.`,
    {
      hint: 'This is a fault of Evalport: please report it, with the log of the worker. Start the export again.',
    },
  )
}
