import { sql } from 'drizzle-orm'
import type { Sql } from 'postgres'
import type { Db } from './connection.ts'

/** Tells, when the transaction commits, that the thing of this name has changed. */
export async function sendHint(tx: Pick<Db, 'execute'>, channel: string, name: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${channel}, ${name})`)
}

/**
 * Hints that things have changed. Only hints, which may be lost or come twice: the table is the truth, and who listens
 * reads it.
 */
export interface Hints {
  /** Calls back for each hint, and for lost ones after a gap in the connection. Returns what ends it. */
  readonly watch: (name: string, onHint: () => void) => () => void
  /** How many watches there are. */
  readonly watches: number
  readonly close: () => Promise<void>
}

/** @param listener a client whose one connection may be held for listening */
export async function listenForHints(listener: Sql, channel: string): Promise<Hints> {
  const watchers = new Map<string, Set<() => void>>()
  let count = 0
  const subscription = await listener.listen(
    channel,
    (name) => watchers.get(name)?.forEach((onHint) => onHint()),
    () => watchers.forEach((all) => all.forEach((onHint) => onHint())),
  )
  return {
    watch(name, onHint) {
      const all = watchers.get(name) ?? new Set()
      // One function may watch twice.
      const each = () => onHint()
      watchers.set(name, all.add(each))
      count++
      return () => {
        if (!all.delete(each)) return
        count--
        if (all.size === 0 && watchers.get(name) === all) watchers.delete(name)
      }
    },
    get watches() {
      return count
    },
    close: () => subscription.unlisten(),
  }
}
