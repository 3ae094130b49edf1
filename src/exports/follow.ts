import { setTimeout as delay } from 'node:timers/promises'
import { isFinal, type ExportJob } from '../core/export-job.ts'
import type { ExportContext } from './context.ts'
import { mayPass } from '../db/passing-faults.ts'

/** At most four snapshots a second. */
const showEvery = 250
/** News is only a hint and may be lost, so the table is asked now and then all the same. */
const lookEvery = 5000
/** While the database is away. */
const lookAgain = 500

export interface Follower {
  /** May resolve late: meanwhile no further state is read, so that a slow follower gets the newest one next. */
  next(job: ExportJob): Promise<unknown>
  /** After the final state, or with what went wrong. Called once, or not at all after `stop`. */
  end(error?: unknown): void
}

/**
 * Follows a job: its current state first, then whole later states, then the end.
 * @param load reads the job as the follower may see it; undefined when it may not (any more)
 * @returns stops following at once, whatever is under way
 */
export function followJob(
  context: Pick<ExportContext, 'news'>,
  id: string,
  load: () => Promise<ExportJob | undefined>,
  follower: Follower,
): () => void {
  const stopped = new AbortController()
  const end = new Promise<void>((resolve) =>
    stopped.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  let news = Promise.withResolvers<void>()
  // Watching starts before the first look, so that no change can fall between the two.
  const unwatch = context.news.watch(id, () => news.resolve())
  const timer = setInterval(() => news.resolve(), lookEvery)
  const stop = () => {
    unwatch()
    clearInterval(timer)
    stopped.abort()
    news.resolve()
  }

  const pause = (milliseconds: number) =>
    delay(milliseconds, undefined, { signal: stopped.signal }).catch(() => {})
  /** A database that is away for a moment ends nothing; whether the follower still may follow is watched elsewhere. */
  const look = async (): Promise<ExportJob | undefined> => {
    for (;;) {
      try {
        return await load()
      } catch (error) {
        if (stopped.signal.aborted || !mayPass(error)) throw error
        await pause(lookAgain)
        if (stopped.signal.aborted) return undefined
      }
    }
  }

  const follow = async (): Promise<void> => {
    let version = 0
    let shown = Number.NEGATIVE_INFINITY
    for (;;) {
      news = Promise.withResolvers<void>()
      const job = await look()
      if (stopped.signal.aborted || !job) return
      const wait = isFinal(job.status) ? 0 : shown + showEvery - performance.now()
      if (job.version > version && wait > 0) {
        // Newer news may come meanwhile, the end among them, which nobody should wait for.
        await Promise.race([pause(wait), news.promise])
        continue
      }
      if (job.version > version) {
        version = job.version
        shown = performance.now()
        await Promise.race([follower.next(job), end])
      }
      if (stopped.signal.aborted || isFinal(job.status)) return
      await news.promise
    }
  }
  follow().then(
    () => {
      const ended = !stopped.signal.aborted
      stop()
      if (ended) follower.end()
    },
    (error: unknown) => {
      const ended = !stopped.signal.aborted
      stop()
      if (ended) follower.end(error)
    },
  )
  return stop
}
