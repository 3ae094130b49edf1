import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Log } from '../core/log.ts'
import { shortTransaction } from '../db/short-transaction.ts'
import { recordTableNames } from '../db/record-table-names.ts'
import { holdPins } from '../db/snapshot-pins.ts'
import { exportJobs, installation } from '../db/schema/schema.ts'
import { settledBefore } from './instants.ts'

/** So many rows a transaction, so that none is long. */
const rowsAtOnce = 5000

export interface PurgeContext {
  readonly db: PostgresJsDatabase
  readonly log: Log
}

/**
 * Deletes the versions of records that ended so many days ago, and that no export under way can see: those that ended
 * before the oldest of their snapshots.
 * @returns how many there were
 */
export async function purgeEnded(context: PurgeContext, days: number): Promise<number> {
  const horizon = await chooseHorizon(context.db, days)
  if (horizon === undefined) return 0
  let purged = 0
  for (const table of recordTableNames) purged += await deleteEndedBefore(context.db, table, horizon)
  if (purged > 0) context.log.info({ rows: purged, before: horizon }, 'old versions of records were purged')
  return purged
}

/**
 * Rows that ended before this transaction may go. It is written down before any does: a snapshot that is older cannot be
 * read again. A request whose snapshot is not yet stored is waited for; what it sees ended later, if at all.
 */
async function chooseHorizon(db: PostgresJsDatabase, days: number): Promise<string | undefined> {
  return shortTransaction(db, async (tx) => {
    await tx.execute(sql`set local lock_timeout = '5s'`)
    await holdPins(tx)
    const settled = await settledBefore(tx, days)
    if (settled === undefined) return undefined
    const pinned = tx
      .select({ xmin: sql`min(pg_snapshot_xmin(${exportJobs.snapshot}))` })
      .from(exportJobs)
      .where(sql`${exportJobs.status} in ('QUEUED', 'RUNNING')`)
    const [oldest] = await tx.execute<{ before: string }>(sql`select least(${settled}::text::xid8,
      pg_snapshot_xmin(pg_current_snapshot()), (${pinned}))::text as before`)
    const before = oldest!.before
    const [last] = await tx.execute<{ ended: string | null }>(
      sql`select max(ended)::text as ended from (${sql.join(
        recordTableNames.map(
          (name) =>
            sql`select max(dead_xid) as ended from ${sql.identifier(name)} where dead_xid < ${before}::text::xid8`,
        ),
        sql` union all `,
      )}) each`,
    )
    if (last?.ended == null) return undefined
    // Of the rows that go, none ended later: what a snapshot that began after it shows is all there.
    const after = sql`(${last.ended}::numeric + 1)::text::xid8`
    await tx.update(installation).set({ purgedBefore: sql`greatest(${installation.purgedBefore}, ${after})` })
    return before
  })
}

async function deleteEndedBefore(db: PostgresJsDatabase, table: string, horizon: string): Promise<number> {
  const name = sql.identifier(table)
  for (let all = 0; ;) {
    // Another process may purge as well.
    const [deleted] = await db.execute<{
      rows: number
    }>(sql`with gone as (delete from ${name} where id = any(array(
        select id from ${name} where dead_xid < ${horizon}::text::xid8 order by dead_xid limit ${rowsAtOnce}
        for update skip locked)) returning 1)
      select count(*)::int as rows from gone`)
    all += deleted!.rows
    if (deleted!.rows < rowsAtOnce) return all
  }
}
