import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { mayPass } from '../db/passing-faults.ts'

/** What a caller is told of a fault of the database that may pass; undefined of any other error, and of our own. */
export function unavailableIfAway(error: unknown): AppError | undefined {
  if (error instanceof AppError || !mayPass(error)) return undefined
  return new AppError('UNAVAILABLE', 'The database cannot be asked just now.', {
    hint: 'Try again in a moment. Exports that were started before go on by themselves.',
    cause: error,
  })
}

/**
 * After a break, postgres.js fails once more for each connection that it had: it gives what the old one was told last to who
 * asks first over the new one. So the first waits are short.
 */
const firstWait = 50
const waitGrowth = 1.5
const longestWait = 5000
/** A database that has been away for so long is somebody's to look after. */
const patience = 300_000

/**
 * Asks the database, and again as long as what went wrong may pass, more and more rarely, for some minutes.
 * @param context its signal ends that, but not what has been asked
 * @throws the last fault, any fault that will not pass, or the signal's reason
 */
export async function untilItPasses<Result>(
  context: { readonly log: Log; readonly job: string; readonly signal?: AbortSignal },
  ask: () => Promise<Result>,
): Promise<Result> {
  const since = performance.now()
  for (let wait = firstWait; ; wait = Math.min(wait * waitGrowth, longestWait)) {
    try {
      return await ask()
    } catch (error) {
      if (!mayPass(error) || performance.now() - since + wait > patience) throw error
      context.signal?.throwIfAborted()
      context.log.warn(
        { job: context.job, err: error, againInMs: wait },
        'the database is away; asking again',
      )
      await delay(wait, undefined, context.signal && { signal: context.signal }).catch(() => {})
      context.signal?.throwIfAborted()
    }
  }
}
