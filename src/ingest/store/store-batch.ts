import type { ISql } from 'postgres'
import type { PriceTable } from '../normalise/prices.ts'
import type { RecordKind } from '../reader.ts'
import type { EvaluationTest } from '../records/evaluation-test.ts'
import { leaveOutExported } from './exported.ts'
import { makeFields, makePromptKey } from './made-fields.ts'
import { makeMetrics } from './made-metrics.ts'
import { recordKinds, recordTables, type RecordTable } from './record-tables.ts'
import { findTests, resultsOfTests, storeTests, type KnownTests } from './tests.ts'
import type { Told } from './told.ts'
import { insertVersions, nextIds, readVersions, type RowPlace } from './version-rows.ts'
import { isChanged, recordOf, WorkingSet, type WorkingRecord } from './working-set.ts'

/** What was told of some records, and of tests. */
export interface Batch {
  readonly told: readonly Told[]
  readonly tests: readonly EvaluationTest[]
}

/** What became of records. */
export interface Stored {
  /** Records that were not there. */
  added: number
  /** Records of which more, or better, is known now; the old version stays for the snapshots that show it. */
  replaced: number
  /** Records that were there already, with all that was told of them. */
  unchanged: number
}

export interface StoredOfFile {
  readonly byKind: Readonly<Record<RecordKind, Stored>>
  /** Performance metrics that were made from records. */
  madeMetrics: number
}

export function nothingStored(): StoredOfFile {
  const none = (): Stored => ({ added: 0, replaced: 0, unchanged: 0 })
  return {
    byKind: {
      evaluation_result: none(),
      agent_interaction: none(),
      tool_call: none(),
      performance_metric: none(),
    },
    madeMetrics: 0,
  }
}

/** Whose records they are, which file tells of them, and what their costs are made with. */
export interface StorePlace extends RowPlace {
  readonly sourceFileId: string
  readonly prices: PriceTable
}

/**
 * Stores what a batch tells, whoever else stores the same at the same time: each record once, put together with what was
 * known of it before.
 * @param sql a transaction on a client that Drizzle does not know; its locks are held until it ends
 * @param stored is added to
 */
export async function storeBatch(
  sql: ISql,
  place: StorePlace,
  batch: Batch,
  stored: StoredOfFile,
): Promise<void> {
  for (const kind of recordKinds) {
    const table = recordTables[kind]
    const told = batch.told.filter(({ version }) => version.table === table)
    const tests = kind === 'evaluation_result' ? batch.tests : []
    if (told.length === 0 && tests.length === 0) continue
    await lock(sql, place.projectId, table)
    const changedTests = await storeTests(sql, place.projectId, place.sourceFileId, tests)
    const records = await toldRecords(sql, place, table, told, stored)
    await storeRecords(sql, place, table, records, stored)
    for await (const numbers of resultsOfTests(sql, place.projectId, changedTests)) {
      const results = await readVersions(sql, place.projectId, table, { numbers })
      await storeRecords(sql, place, table, results.map(recordOf), stored)
    }
  }
}

/** Makes writers of one project's records wait for each other, or a correction could be lost. */
async function lock(sql: ISql, projectId: number, table: RecordTable): Promise<void> {
  await sql`select pg_advisory_xact_lock(${projectId}::int, ${table.place}::int)`
}

/** The records that were told of, with all that is known of them. */
async function toldRecords(
  sql: ISql,
  place: StorePlace,
  table: RecordTable,
  told: readonly Told[],
  stored: StoredOfFile,
): Promise<WorkingRecord[]> {
  const { rest, unchanged } = await leaveOutExported(sql, place.projectId, table, told)
  stored.byKind[table.kind].unchanged += unchanged
  const keys = rest.map(({ version }) => version.ingestKey)
  const present = await readVersions(sql, place.projectId, table, {
    ingestKeys: keys,
    partnerKeys: rest.flatMap(({ isRetelling, version }) => (isRetelling ? [version.ingestKey] : [])),
    matchKeys: new Set(rest.flatMap(({ version }) => version.matchKey ?? [])),
  })
  const set = new WorkingSet(present)
  for (const each of rest) set.add(each)
  return set.told()
}

/** Makes what follows from what is known of the records, and writes those that differ from before. */
async function storeRecords(
  sql: ISql,
  place: StorePlace,
  table: RecordTable,
  records: readonly WorkingRecord[],
  stored: StoredOfFile,
): Promise<void> {
  const versions = records.map(({ version }) => version)
  for (const version of versions) makePromptKey(version)
  const tests = table.kind === 'evaluation_result' ? await findTests(sql, place.projectId, versions) : noTests
  for (const version of versions) makeFields(version, { prices: place.prices, tests })

  const changed = records.filter(isChanged)
  const written = new Set(changed)
  for (const record of records) count(stored.byKind[table.kind], record, place, written.has(record))
  const ended = changed.flatMap(({ rows }) => rows.map(({ id }) => id))
  if (ended.length > 0) {
    await sql.unsafe(
      `update ${table.table} set dead_xid = pg_current_xact_id() where id = any('{${ended.join(',')}}'::bigint[])`,
    )
  }
  const ids = await nextIds(sql, table, changed.length)
  const rows = changed.map(({ version, parts }, index) => ({
    id: ids[index]!,
    version,
    ...(parts && { parts }),
  }))
  await insertVersions(sql, table, place, rows)
  stored.madeMetrics += await makeMetrics(sql, place, table.kind, ended, rows)
}

const noTests: KnownTests = { ofId: () => [], ofPrompt: () => [] }

function count(counts: Stored, record: WorkingRecord, place: StorePlace, isWritten: boolean): void {
  if (record.rows.length === 0) counts.added++
  else if (!isWritten) counts.unchanged += record.isTold ? 1 : 0
  // One that the same file told the beginning of is no better known than that file makes it.
  else if (record.rows.some(({ sourceFileId }) => sourceFileId !== place.sourceFileId)) counts.replaced++
}
