import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../core/log.ts'

/** Of Postgres: the server stops, starts or has no room; two transactions met; the connection broke. */
const passingStates = /^(40001|40P01|57P0[1-5]|53[0-4]00|55P03|08...)$/
/** Of the connection. */
const passingCodes = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Whether a fault of the database may be over when asked again. */
export function mayPass(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException
    if (code !== undefined && (passingStates.test(code) || passingCodes.has(code))) return true
    if (each instanceof AggregateError && each.errors.some(mayPass)) return true
  }
  return false
}

const firstWait = 100
const longestWait = 5000
/** A database that has been away for so long is somebody's to look after. */
const patience = 300_000

/**
 * Asks the database again as long as what went wrong may pass, more and more rarely, for some minutes.
 * @throws the last fault, any fault that will not pass, or the signal's reason
 */
export async function untilItPasses<Result>(
  context: { readonly log: Log; readonly job: string; readonly signal?: AbortSignal },
  ask: () => Promise<Result>,
): Promise<Result> {
  const since = performance.now()
  for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
    context.signal?.throwIfAborted()
    try {
      return await ask()
    } catch (error) {
      if (!mayPass(error) || performance.now() - since + wait > patience) throw error
      context.log.warn(
        { job: context.job, err: error, againInMs: wait },
        'the database is away; asking again',
      )
      await delay(wait, undefined, context.signal && { signal: context.signal })
    }
  }
}
