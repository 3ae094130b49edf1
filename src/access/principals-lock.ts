import { sql } from 'drizzle-orm'
import type { Db } from '../db/connection.ts'

/** Any number that nobody else takes an advisory lock on. */
const principalsLock = 4_600_000_002

/**
 * Waits until nobody else changes principals, to the end of the transaction: what was looked at then still holds when it
 * is acted upon. Such changes are rare, so one lock serves for all.
 */
export async function lockPrincipals(tx: Db): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${principalsLock})`)
}
