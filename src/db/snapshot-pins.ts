import { sql } from 'drizzle-orm'
import type { Db } from './connection.ts'

/** Any number that nobody else takes an advisory lock on. */
const pinLock = 4_600_000_003

/**
 * Lets no purge choose its rows until the transaction ends: the snapshot that is taken and stored after this is seen by the
 * next one.
 */
export async function pinSnapshots(tx: Pick<Db, 'execute'>): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${pinLock})`)
}

/** Waits until no snapshot is being stored, and lets none be until the transaction ends. */
export async function holdPins(tx: Pick<Db, 'execute'>): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${pinLock})`)
}
