import { sql } from 'drizzle-orm'
import type { Db } from './connection.ts'

/**
 * A transaction that Postgres ends when nothing is asked in it for some seconds: a process that was frozen in the middle of
 * it would otherwise keep what it has locked for as long as it stays so.
 */
export async function shortTransaction<Result>(
  db: Pick<Db, 'transaction'>,
  work: (tx: Db) => Promise<Result>,
): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`set local idle_in_transaction_session_timeout = '5s'`)
    return work(tx)
  })
}
