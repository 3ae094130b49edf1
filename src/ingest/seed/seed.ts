import type { ISql, Sql } from 'postgres'
import { copyIn } from '../../db/copy-in.ts'
import { copyColumns, copyLines, keyPrefix, seedKey } from './rows.ts'
import type { SeedTable } from './table.ts'

export interface SeedOrder {
  readonly projectId: number
  readonly tables: readonly SeedTable[]
  /** How many of each. */
  readonly rows: number
  /** From 0 to 2^53 - 1. */
  readonly seed: number
}

export interface Seeded {
  added: number
  /** Those that were there already. */
  unchanged: number
}

/** So many rows are added at once, or not at all. */
export const batchRows = 10_000
/** As many as keep two processors busy: for each row, Postgres has several times the work that we have. */
const lanes = 2

/**
 * Fills datasets of a project with generated rows. What is there already, from an earlier call with the seed, stays as it
 * is; what an interrupted call has not added yet is added by the next one. Two calls at once add each row once.
 * @param sql a client that Drizzle does not know
 * @param onProgress is told after each batch how many rows it had
 */
export async function seedRows(
  sql: Sql,
  order: SeedOrder,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (rows: number) => void } = {},
): Promise<ReadonlyMap<string, Seeded>> {
  const seeded = new Map(order.tables.map(({ dataset }) => [dataset, { added: 0, unchanged: 0 }]))
  const batches = batchesOf(order)
  const work = async () => {
    for (const batch of batches) {
      signal?.throwIfAborted()
      const added = await seedBatch(sql, order, batch, signal)
      const rows = batch.to - batch.from
      const sums = seeded.get(batch.table.dataset)!
      sums.added += added
      sums.unchanged += rows - added
      onProgress?.(rows)
    }
  }
  // All lanes have ended, well or not, before this does: nothing goes on behind the caller's back.
  const ended = await Promise.allSettled(Array.from({ length: lanes }, work))
  for (const lane of ended) if (lane.status === 'rejected') throw lane.reason
  for (const { dataset } of order.tables) if (seeded.get(dataset)!.added > 0) await analyse(sql, dataset)
  return seeded
}

/**
 * Or the planner would take a full table for an empty one until Postgres looks by itself. A quarter of the usual sample
 * will do until then: a whole one takes as long as 50,000 rows.
 */
async function analyse(sql: Sql, dataset: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local default_statistics_target = 25`
    await tx.unsafe(`analyze "${dataset}"`)
  })
}

interface Batch {
  readonly table: SeedTable
  readonly from: number
  readonly to: number
}

/**
 * Datasets take turns, and so do the two halves of each: two lanes that write to one place of an index wait for each other
 * all the time.
 */
function* batchesOf({ tables, rows }: SeedOrder): Generator<Batch> {
  const count = Math.ceil(rows / batchRows)
  const half = Math.ceil(count / 2)
  for (let turn = 0; turn < count; turn++) {
    const from = ((turn % 2) * half + Math.floor(turn / 2)) * batchRows
    for (const table of tables) yield { table, from, to: Math.min(from + batchRows, rows) }
  }
}

/** @returns how many were added */
async function seedBatch(
  sql: Sql,
  { projectId, seed }: SeedOrder,
  { table, from, to }: Batch,
  signal: AbortSignal | undefined,
): Promise<number> {
  for (;;) {
    const missing = await missingOf(sql, projectId, seed, { table, from, to })
    if (missing.length === 0) return 0
    try {
      await sql.begin(async (tx) => {
        await prepare(tx, projectId)
        const lines = heeding(signal, copyLines(table, projectId, seed, missing))
        await copyIn(tx, table.dataset, copyColumns(table), lines)
      })
      return missing.length
    } catch (error) {
      // Another call has been at the same batch meanwhile, and has added some of it or all.
      if (!isDuplicate(error)) throw error
    }
  }
}

async function missingOf(
  sql: Sql,
  projectId: number,
  seed: number,
  { table, from, to }: Batch,
): Promise<readonly number[]> {
  const prefix = keyPrefix(table, seed)
  const bound = (index: number) => Buffer.from(seedKey(prefix, index), 'hex')
  const found = await sql<{ key: Buffer }[]>`
    select ingest_key as key from ${sql(table.dataset)} where project_id = ${projectId} and dead_xid is null
      and ingest_key >= ${bound(from)} and ingest_key < ${bound(to)}`
  const present = new Set(found.map(({ key }) => Number(key.readBigUInt64BE(24))))
  return Array.from({ length: to - from }, (_, at) => from + at).filter((index) => !present.has(index))
}

/**
 * Makes loading cheaper for one transaction. That the project is there, and stays, is asked for once instead of by each
 * row's foreign key, which takes a quarter of the time of a row; only those may do that whom Postgres lets. Nobody waits
 * for the disk: what a crash takes back is added by the next call.
 */
async function prepare(tx: ISql, projectId: number): Promise<void> {
  await tx`select 1 from projects where id = ${projectId} for key share`
  await tx`select set_config('synchronous_commit', 'off', true),
    case when has_parameter_privilege('session_replication_role', 'set')
      then set_config('session_replication_role', 'replica', true) end`
}

function* heeding(signal: AbortSignal | undefined, chunks: Iterable<string>): Generator<string> {
  for (const chunk of chunks) {
    signal?.throwIfAborted()
    yield chunk
  }
}

/** Postgres' word for a row whose key is there already. */
function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505'
}
