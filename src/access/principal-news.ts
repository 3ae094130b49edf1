import { sql } from 'drizzle-orm'
import type { Sql } from 'postgres'
import type { Db } from '../db/connection.ts'

const channel = 'evalport_principals'

/** Tells, when the transaction commits, that a principal has changed: its role, its end, anything. */
export async function tellOfPrincipal(tx: Db, principalId: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${channel}, ${principalId})`)
}

/** Hints that principals have changed. They may come twice, and after a gap in the connection all are taken as changed. */
export interface PrincipalNews {
  /** Returns what ends it. */
  watch(principalId: string, onNews: () => void): () => void
  /** How many watches there are. */
  readonly watches: number
  close(): Promise<void>
}

/** @param listener a client whose one connection may be held for listening */
export async function startPrincipalNews(listener: Sql): Promise<PrincipalNews> {
  const watchers = new Map<string, Set<() => void>>()
  let count = 0
  const subscription = await listener.listen(
    channel,
    (principalId) => watchers.get(principalId)?.forEach((onNews) => onNews()),
    () => watchers.forEach((all) => all.forEach((onNews) => onNews())),
  )
  return {
    watch(principalId, onNews) {
      const all = watchers.get(principalId) ?? new Set()
      // One function may watch twice.
      const each = () => onNews()
      watchers.set(principalId, all.add(each))
      count++
      return () => {
        if (!all.delete(each)) return
        count--
        if (all.size === 0 && watchers.get(principalId) === all) watchers.delete(principalId)
      }
    },
    get watches() {
      return count
    },
    close: () => subscription.unlisten(),
  }
}
