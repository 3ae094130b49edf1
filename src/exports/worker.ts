import type { ExportContext } from './context.ts'
import { discardLeftovers } from './discard.ts'
import { claimNext, failAbandoned, failOutworn } from './job-status.ts'
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

  /** Runs jobs as long as there are some and a place is free. */
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted && running.size < concurrency) {
      // The place is taken before the claim, so that two wake-ups cannot both take the last one.
      const place = Promise.withResolvers<void>()
      running.add(place.promise)
      try {
        const claim = await claimNext(context.vital)
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
      const abandoned = await failAbandoned(context.vital, {
        code: 'EXPORT_FAILED',
        message: 'The export was given up: every worker that took it fell silent. Nothing partial was kept.',
        hint: 'Look into the logs of the workers for what ended them, then start the export again.',
      })
      const outworn = await failOutworn(context.vital, context.exportHours, {
        code: 'SNAPSHOT_TOO_OLD',
        message: `The export had not ended ${context.exportHours} hours after it was asked for. Nothing partial was kept.`,
        hint: 'Start it again, with a narrower filter if it ran for so long, or with more workers if it waited.',
      })
      for (const { id } of [...abandoned, ...outworn]) {
        await discardLeftovers(context, id)
        await context.news.publish(id)
      }
    } catch (error) {
      context.log.warn({ err: error }, 'abandoned exports could not be looked for; trying again')
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
