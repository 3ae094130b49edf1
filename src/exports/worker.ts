import type { ExportContext } from './context.ts'
import { discardLeftovers } from './discard.ts'
import { claimNext } from './job-status/claim.ts'
import {
  cancelAbandoned,
  expireFiles,
  expireParts,
  failAbandoned,
  failOutworn,
} from './job-status/overdue.ts'
import { runExport } from './run.ts'

/** How often the table is asked without a wake-up: for jobs whose worker died, or whose wake-up was lost. */
const sweepEvery = 2000

export interface Worker {
  /** Takes no more jobs, gives the running ones back, and waits until they are. */
  stop(): Promise<void>
}

/** Claims and runs exports, so many at once, until it is stopped. */
export async function startWorker(context: ExportContext, concurrency: number): Promise<Worker> {
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  let sweeping: Promise<void> | undefined

  /**
   * Runs jobs as long as there are some and a place is free. When all are taken, there is one more for callers who have
   * nothing running, so that nobody waits for the end of others' large exports.
   */
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted && running.size <= concurrency) {
      const limits = running.size < concurrency ? context.limits : { ...context.limits, ofCaller: 1 }
      // The place is taken before the claim, so that two wake-ups cannot both take the last one.
      const place = Promise.withResolvers<void>()
      running.add(place.promise)
      try {
        const claim = await claimNext(context.vital, limits)
        if (!claim) return
        context.log.info({ job: claim.id, attempt: claim.attempt }, 'the export starts')
        await runExport(context, claim, stopping.signal)
      } finally {
        running.delete(place.promise)
        place.resolve()
      }
    }
  }

  const sweep = async (): Promise<void> => {
    try {
      for (const id of await endOverdue(context)) {
        await discardLeftovers(context, id)
        await context.news.publish(id)
      }
    } catch (error) {
      context.log.warn({ err: error }, 'overdue exports could not be looked for; trying again')
    }
  }
  const timer = setInterval(() => {
    sweeping ??= sweep().finally(() => (sweeping = undefined))
    // Beside the sweep: it may take as long as an export does.
    work().catch((error: unknown) =>
      context.log.warn({ err: error }, 'waiting exports could not be looked for; trying again'),
    )
  }, sweepEvery)

  await context.queue.work(work)
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort(new Error('the worker stops'))
      await Promise.all([...running, sweeping])
    },
  }
}

/** Ends what nobody else will end. */
async function endOverdue({ vital, exportHours }: ExportContext): Promise<readonly string[]> {
  const abandoned = await failAbandoned(vital, {
    code: 'EXPORT_FAILED',
    message: 'The export was given up: every worker that took it fell silent. There is no file.',
    hint: `Look into the logs of the workers for what ended them, then try it again: it goes on from what it has, for a day.`,
  })
  const outworn = await failOutworn(vital, exportHours, {
    code: 'SNAPSHOT_TOO_OLD',
    message: `The export had not ended ${exportHours} hours after it was asked for. Nothing partial was kept.`,
    hint: 'Start it again, with a narrower filter if it ran for so long, or with more workers if it waited.',
  })
  const others = [await cancelAbandoned(vital), await expireFiles(vital), await expireParts(vital)]
  return [...abandoned, ...outworn, ...others.flat()]
}
