import postgres from 'postgres'
import { beforeEach, expect, it } from 'vitest'
import { drizzle } from 'drizzle-orm/postgres-js'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { fail } from '../../src/exports/job-status/held.ts'
import { runExport } from '../../src/exports/run.ts'
import { markInstant, settledBefore } from '../../src/retention/instants.ts'
import { purgeEnded } from '../../src/retention/purge.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { settled } from '../support/settled.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
const results = { source: { evaluationResults: {} }, format: 'NDJSON' }
const never = new AbortController().signal

/** How many versions there are, and how many of them have ended. */
async function versions(): Promise<{ all: number; ended: number }> {
  const [row] =
    await sql()`select count(*)::int as all, count(dead_xid)::int as ended from evaluation_results`
  return { all: row!['all'] as number, ended: row!['ended'] as number }
}

/** Ends some versions, as a correction or a deletion does. */
async function end(some: string): Promise<void> {
  await sql()`update evaluation_results set dead_xid = pg_current_xact_id() where dead_xid is null and ${sql().unsafe(some)}`
  await settled(sql())
}

beforeEach(async () => {
  await sql()`truncate export_jobs, evaluation_results, instants cascade`
  await sql()`update installation set purged_before = '0'`
  await insertGeneratedRows(sql(), 1, 300)
})

it('deletes what nobody can see any more, and nothing else', async () => {
  await end('id % 3 = 0')
  const before = await versions()
  expect(await purgeEnded(test.app(), 0)).toBe(before.ended)
  expect(await versions()).toEqual({ all: before.all - before.ended, ended: 0 })
  expect(await purgeEnded(test.app(), 0)).toBe(0)
})

it('keeps what an export under way sees, waiting or running, and lets it go with the export', async () => {
  await end('id % 3 = 0')
  const early = await versions()
  const { id } = await startExport(test, results)
  await end('id % 3 = 1')
  const late = await versions()
  // What had ended before the export was asked for goes; what ended later stays.
  expect(await purgeEnded(test.app(), 0)).toBe(early.ended)
  expect(await versions()).toEqual({ all: late.all - early.ended, ended: late.ended - early.ended })
  const claim = (await claimNext(test.app().db))!
  expect(await purgeEnded(test.app(), 0)).toBe(0)
  await runExport(test.app(), claim, never)
  expect(await awaitJob(test, id)).toMatchObject({
    status: 'SUCCEEDED',
    file: { rows: early.all - early.ended },
  })
  expect(await purgeEnded(test.app(), 0)).toBe(late.ended - early.ended)
})

it('no longer keeps anything for an export that failed', async () => {
  await startExport(test, results)
  await end('true')
  const claim = (await claimNext(test.app().db))!
  expect(await purgeEnded(test.app(), 0)).toBe(0)
  await fail(test.app().db, claim, { code: 'EXPORT_FAILED', message: 'for the test' })
  expect(await purgeEnded(test.app(), 0)).toBe(300)
})

it('keeps what ended in a transaction that a snapshot saw running', async () => {
  const other = postgres(test.database.url(), { max: 1 })
  let snapshotTaken: string | undefined
  await other.begin(async (tx) => {
    await tx`update evaluation_results set dead_xid = pg_current_xact_id() where id % 2 = 0`
    snapshotTaken = (await startExport(test, results)).id
  })
  await other.end()
  await settled(sql())
  expect(await purgeEnded(test.app(), 0)).toBe(0)
  await runExport(test.app(), (await claimNext(test.app().db))!, never)
  expect(await awaitJob(test, snapshotTaken!)).toMatchObject({ status: 'SUCCEEDED', file: { rows: 300 } })
  expect(await purgeEnded(test.app(), 0)).toBe(150)
})

it('waits for a request whose snapshot is taken and not yet stored', async () => {
  const other = postgres(test.database.url(), { max: 1 })
  let purging: Promise<number> | undefined
  await other`create or replace function linger() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(77); return new; end $$`
  await other`create or replace trigger linger after insert on export_jobs for each row execute function linger()`
  let starting: ReturnType<typeof startExport> | undefined
  await other.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(77)`
    starting = startExport(test, results)
    await eventually(async () => waiting(1))
    // The row is not committed; the records that it sees end now.
    await sql()`update evaluation_results set dead_xid = pg_current_xact_id()`
    purging = purgeEnded(test.app(), 0)
    await eventually(async () => waiting(2))
  })
  await other`drop trigger linger on export_jobs`
  await other.end()
  const { id } = await starting!
  expect(await purging).toBe(0)
  await runExport(test.app(), (await claimNext(test.app().db))!, never)
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows: 300 } })
})

async function waiting(many: number): Promise<boolean> {
  const [row] = await sql()`select count(*)::int as many from pg_locks
    where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
  return (row!['many'] as number) >= many
}

it('keeps versions for as many days as it is told', async () => {
  const db = test.app().db
  await end('id % 3 = 0')
  const { ended } = await versions()
  expect(await purgeEnded(test.app(), 2)).toBe(0)
  await markInstant(db, 2)
  await markInstant(db, 2)
  expect(await sql()`select count(*)::int as marks from instants`).toEqual([{ marks: 1 }])
  expect(await purgeEnded(test.app(), 2)).toBe(0)
  await sql()`update instants set at = at - interval '50 hours'`
  await end('id % 3 = 1')
  expect(await purgeEnded(test.app(), 2)).toBe(ended)
  expect(await versions()).toMatchObject({ all: 300 - ended })
})

it('forgets the instants that nobody asks for any more, never the last one that is needed', async () => {
  const db = test.app().db
  await sql()`insert into instants select now() - n * interval '1 day', n::text::xid8 from generate_series(1, 9) n`
  await markInstant(db, 3)
  expect(await settledBefore(db, 3)).toBe('3')
  const left = await sql()`select over_before::text as x from instants order by at`
  expect(left.slice(0, 3).map(({ x }) => x as string)).toEqual(['3', '2', '1'])
  expect(left).toHaveLength(4)
})

it('writes down first what snapshots it has made unreadable', async () => {
  await end('true')
  const [last] = await sql()`select max(dead_xid)::text as ended from evaluation_results`
  expect(await purgeEnded(test.app(), 0)).toBe(300)
  const [row] =
    await sql()`select purged_before > ${last!['ended'] as string}::text::xid8 as later from installation`
  expect(row).toEqual({ later: true })
})

it('can be done by several processes at once', async () => {
  await sql()`truncate evaluation_results cascade`
  await insertGeneratedRows(sql(), 1, 20_000)
  await end('true')
  const second = postgres(test.database.url(), { max: 2 })
  const done = await Promise.all([
    purgeEnded(test.app(), 0),
    purgeEnded({ db: drizzle({ client: second }), log: test.app().log }, 0),
  ])
  await second.end()
  expect(done[0] + done[1] + (await purgeEnded(test.app(), 0))).toBe(20_000)
  expect(await versions()).toEqual({ all: 0, ended: 0 })
})
