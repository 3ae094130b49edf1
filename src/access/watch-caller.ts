import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { Db } from '../db/connection.ts'
import { authenticateAgain } from './authenticate.ts'
import type { PrincipalNews } from './principal-news.ts'

/** News may be lost, so the table is asked now and then all the same. */
const lookEvery = 30_000
const retryAfter = 1000
/** When the database cannot be asked for so long, nobody is taken to be good any more. */
const patience = 15_000
/** The database's clock decides about the end of a key; it may be behind ours. */
const lookAgain = 100

export interface CallerWatcher {
  /** Who the caller is now: told at the start, after each change, and now and then. */
  changed?(caller: Caller): void
  /** The caller is no longer good. Called once, or not at all after the watch has been stopped. */
  ended(why: AppError): void
}

/**
 * Watches somebody who was let in: ends with the caller's key, role in the project or token, whichever ends first.
 * @returns what stops it
 */
export function watchCaller(
  { db, log, principalNews }: { readonly db: Db; readonly log: Log; readonly principalNews: PrincipalNews },
  caller: Caller,
  watcher: CallerWatcher,
): () => void {
  let stopped = false
  let looking = false
  let lookOnceMore = false
  let failingSince: number | undefined
  let timer: NodeJS.Timeout | undefined

  const unwatch = principalNews.watch(caller.principalId, () => void look())
  const stop = () => {
    stopped = true
    clearTimeout(timer)
    unwatch()
  }
  const end = (why: AppError) => {
    if (stopped) return
    stop()
    watcher.ended(why)
  }
  const ask = async (): Promise<number> => {
    try {
      const now = await authenticateAgain(db, caller)
      failingSince = undefined
      if (!stopped) watcher.changed?.(now)
      if (now.expiresAt === null) return lookEvery
      return Math.min(lookEvery, Math.max(lookAgain, Date.parse(now.expiresAt) - Date.now()))
    } catch (error) {
      if (error instanceof AppError) end(error)
      else {
        failingSince ??= performance.now()
        log.warn({ err: error }, 'whether a caller is still good cannot be asked')
        if (performance.now() - failingSince > patience) {
          end(new AppError('UNAVAILABLE', 'Whether you may still see this cannot be asked just now.'))
        }
      }
      return retryAfter
    }
  }
  const look = async (): Promise<void> => {
    lookOnceMore = true
    if (looking) return
    looking = true
    clearTimeout(timer)
    let wait = lookEvery
    while (lookOnceMore && !stopped) {
      lookOnceMore = false
      wait = await ask()
    }
    looking = false
    if (!stopped) timer = setTimeout(() => void look(), wait).unref()
  }
  // The watch began only after the caller was let in: what came between the two is asked now.
  void look()
  return stop
}
