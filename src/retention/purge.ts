import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Log } from '../core/log.ts'
import { shortTransaction } from '../db/short-transaction.ts'
import type { Db } from '../db/connection.ts'
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
 * Rows that ended before this transaction may go. What that makes of older snapshots is written down before any does. A
 * request whose snapshot is not yet stored is waited for; what it sees ended later, if at all.
 * @returns undefined when there is none
 */
async function chooseHorizon(db: PostgresJsDatabase, days: number): Promise<string | undefined> {
  return shortTransaction(db, async (tx) => {
    await tx.execute(sql`set local lock_timeout = '5s'`)
    await holdPins(tx)
    const settled = await settledBefore(tx, days)
    const horizon = settled && (await beforeAllPins(tx, settled))
    const last = horizon && (await lastEndedBefore(tx, horizon))
    if (!last) return undefined
    // Of the rows that go, none ended later: what a snapshot that began after it shows is all there.
    const after = sql`(${last}::numeric + 1)::text::xid8`
    await tx.update(installation).set({ purgedBefore: sql`greatest(${installation.purgedBefore}, ${after})` })
    return horizon
  })
}

/** The transaction, or an earlier one, before which every snapshot that must stay whole began. */
async function beforeAllPins(tx: Db, settled: string): Promise<string> {
  const pinned = tx
    .select({ xmin: sql`min(pg_snapshot_xmin(${exportJobs.snapshot}))` })
    .from(exportJobs)
    .where(sql`${exportJobs.status} in ('QUEUED', 'RUNNING')`)
  const [found] = await tx.execute<{ before: string }>(sql`select least(${settled}::text::xid8,
    pg_snapshot_xmin(pg_current_snapshot()), (${pinned}))::text as before`)
  return found!.before
}

/** The last transaction before the horizon that ended a row. */
async function lastEndedBefore(tx: Db, horizon: string): Promise<string | undefined> {
  const each = recordTableNames.map(
    (name) =>
      sql`select max(dead_xid) as ended from ${sql.identifier(name)} where dead_xid < ${horizon}::text::xid8`,
  )
  const [found] = await tx.execute<{ last: string | null }>(
    sql`select max(ended)::text as last from (${sql.join(each, sql` union all `)}) each`,
  )
  return found?.last ?? undefined
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
