import { setTimeout as delay } from 'node:timers/promises'
import type { Sql, TransactionSql } from 'postgres'
import { mayPass } from './passing-faults.ts'

/**
 * Keeps transactions of postgres.js away from a connection that has broken under them. What it sends to such a one, be it
 * only its own `rollback`, is written to no socket in a callback that nobody can catch, which ends the process, and leaves
 * the connection unable to send anything for a long time (porsager/postgres#1208).
 */
export function guardTransactions(client: Sql): Sql {
  const begin = client.begin.bind(client) as (options: string, work: Work) => Promise<unknown>
  const guarded = async (...given: readonly [Work] | readonly [string, Work]): Promise<unknown> => {
    const [options, work] = given.length === 1 ? ['', given[0]] : given
    const broken = new AbortController()
    const done = begin(options, (tx) => whileItLasts(tx, work, broken.signal))
    // It fails of itself as soon as its connection breaks, whatever the work is doing.
    done.catch((error: unknown) => broken.abort(error))
    return done
  }
  return Object.assign(client, { begin: guarded })
}

type Work = (tx: TransactionSql) => unknown

/** How long it may take until a connection is known to be broken of which a query already knows. */
const patience = 1000
const never = new Promise<never>(() => {})

/** Ends, with the work, only if the transaction can be ended, too: otherwise it has failed already, and nobody waits. */
async function whileItLasts(tx: TransactionSql, work: Work, broken: AbortSignal): Promise<unknown> {
  try {
    const result = await work(refusing(tx, broken))
    return broken.aborted ? never : result
  } catch (error) {
    if (mayPass(error)) await delay(patience, undefined, { signal: broken }).catch(() => {})
    if (broken.aborted) return never
    throw error
  }
}

/** The transaction, which asks nothing more once it is broken. */
function refusing(tx: TransactionSql, broken: AbortSignal): TransactionSql {
  return new Proxy(tx, {
    apply(target, self, args: unknown[]) {
      // Only a template is a query; other calls make pieces of one.
      if (Array.isArray(args[0]) && 'raw' in args[0]) broken.throwIfAborted()
      return Reflect.apply(target as (...all: unknown[]) => unknown, self, args)
    },
    get(target, name) {
      if (name === 'unsafe') broken.throwIfAborted()
      if (name === 'savepoint') {
        return (work: Work) => target.savepoint((inner) => whileItLasts(inner, work, broken))
      }
      return Reflect.get(target, name) as unknown
    },
  })
}
