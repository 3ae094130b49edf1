import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { downloadFile, parseFile } from '../support/files.ts'
import { statesOf, watchBySocket, watchByStream } from '../support/subscriptions.ts'
import { openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })

const columns = ['id', 'run', 'test_id', 'test_title', 'occurred_at', 'provider', 'model', 'session_id', 'success', 'score', 'scores', 'rank', 'duration_seconds', 'input_tokens', 'total_tokens', 'cache_read_tokens', 'cost_reported_usd', 'error_type'] // prettier-ignore
const numbers = new Set(['score', 'rank', 'duration_seconds', 'input_tokens', 'total_tokens', 'cost_reported_usd']) // prettier-ignore
const formats = ['CSV', 'JSON', 'NDJSON', 'XML']

/** What the files must hold, by a query that is not ours. */
async function expectedCells(): Promise<unknown[]> {
  const rows = await test.database.client()`
    select 'evr_' || id as id, run, test_id, test_title,
      to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as occurred_at, provider, model, session_id,
      success::text, score, scores, rank, (duration_ns / 1000000000.0)::float8 as duration_seconds,
      input_tokens::float8, total_tokens::float8, cache_read_tokens, cost_reported_usd::float8, error_type
    from evaluation_results where project_id = 1 order by occurred_at, id`
  return rows.map((row) => columns.map((name) => row[name] as unknown))
}

function comparable(records: readonly Record<string, string | null>[]): unknown[] {
  return records.map((record) => {
    expect(Object.keys(record)).toEqual(columns)
    return columns.map((name) => {
      const cell = record[name]!
      if (cell === null) return null
      if (numbers.has(name)) return Number(cell)
      return name === 'scores' ? (JSON.parse(cell) as unknown) : cell
    })
  })
}

function expectToRise(states: readonly TestJob[]): void {
  states.slice(1).forEach((state, index) => {
    const before = states[index]!
    expect(state.version).toBeGreaterThan(before.version)
    expect(state.progress.rowsWritten).toBeGreaterThanOrEqual(before.progress.rowsWritten)
    expect(state.progress.bytesWritten).toBeGreaterThanOrEqual(before.progress.bytesWritten)
    expect(state.progress.percent ?? 0).toBeGreaterThanOrEqual(before.progress.percent ?? 0)
    expect(state.progress.percent === 100).toBe(state.status === 'SUCCEEDED')
  })
}

const allColumns = { fields: columns.map((name) => name.toUpperCase()) }

it('gives an export of nothing as a whole file in every format', async () => {
  const worker = await openSecondApp(test, 1)
  for (const format of formats) {
    const { id } = await startExport(test, { source: { evaluationResults: {} }, format })
    const job = await awaitJob(test, id)
    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      file: { rows: 0 },
      progress: { percent: 100, rowsWritten: 0 },
    })
    expect(parseFile(format, await downloadFile(job))).toEqual([])
  }
  await worker.close()
})

it('gives one row whole in every format', async () => {
  await insertGeneratedRows(test.database.client(), 1, 1)
  const worker = await openSecondApp(test, 1)
  for (const format of formats) {
    const { id } = await startExport(test, { source: { evaluationResults: allColumns }, format })
    expect(comparable(parseFile(format, await downloadFile(await awaitJob(test, id))))).toEqual(
      await expectedCells(),
    )
  }
  await worker.close()
})

it(
  'gives 20,000 rows the same in every format, while two subscribers see the progress rise to its end',
  { timeout: 90_000 },
  async () => {
    await test.database.client()`truncate evaluation_results restart identity`
    await insertGeneratedRows(test.database.client(), 1, 20_000)
    const expected = await expectedCells()
    for (const format of formats) {
      const { id } = await startExport(test, { source: { evaluationResults: allColumns }, format })
      const watching = Promise.all([watchBySocket(test, id), watchByStream(test, id)])
      const worker = await openSecondApp(test, 1)
      for (const states of (await watching).map(statesOf)) {
        expectToRise(states)
        expect(states.at(-1)).toMatchObject({
          status: 'SUCCEEDED',
          failure: null,
          progress: { percent: 100, rowsWritten: 20_000, rowsTotal: { value: 20_000, isExact: true } },
          file: { rows: 20_000 },
        })
        expect(states.filter((state) => state.status === 'SUCCEEDED')).toHaveLength(1)
      }
      await worker.close()
      expect(comparable(parseFile(format, await downloadFile(await awaitJob(test, id))))).toEqual(expected)
    }
  },
)

it('shows the records as they were when the export was asked for, whatever comes or goes before it runs', async () => {
  const sql = test.database.client()
  await sql`truncate evaluation_results restart identity`
  await insertGeneratedRows(sql, 1, 20)
  const expected = await expectedCells()
  const late = await sql.reserve()
  // Begun before the request and committed after it: its rows have smaller transaction numbers than the snapshot's end.
  await late`begin`
  await late`update evaluation_results set dead_xid = pg_current_xact_id() where id = 3`
  const insert = (run: string) => late`
    insert into evaluation_results (project_id, occurred_at, occurred_at_source, run, framework, model, source_rank, ingest_key)
    values (1, '2026-01-01T00:00:05Z', 'event', ${run}, 'f', 'm', 1, sha256(${run}::bytea))`
  await insert('late')
  const { id } = await startExport(test, { source: { evaluationResults: allColumns }, format: 'NDJSON' })
  await late`commit`
  await insert('later')
  await late`update evaluation_results set dead_xid = pg_current_xact_id() where id = 5`
  late.release()

  const worker = await openSecondApp(test, 1)
  const job = await awaitJob(test, id)
  expect(comparable(parseFile('NDJSON', await downloadFile(job)))).toEqual(expected)
  const after = await startExport(test, { source: { evaluationResults: allColumns }, format: 'NDJSON' })
  const ids = parseFile('NDJSON', await downloadFile(await awaitJob(test, after.id))).map((row) => row['id'])
  expect(ids).toHaveLength(20)
  expect(ids).not.toContain('evr_3')
  expect(ids).not.toContain('evr_5')
  await worker.close()
})

it('fails with a masked message and no file at all when a row in the last batch cannot be written', async () => {
  const sql = test.database.client()
  await sql`truncate evaluation_results restart identity`
  await insertGeneratedRows(sql, 1, 3000)
  await sql`update evaluation_results set occurred_at = '0044-03-15 12:00:00+00 BC' where id = 7`
  const artifacts = join(test.config().dataDir, 'artifacts')
  const before = await readdir(artifacts)
  const source = { evaluationResults: { orderBy: { direction: 'DESC' } } }
  const { id } = await startExport(test, { source, format: 'CSV' })
  const watching = watchByStream(test, id)
  const worker = await openSecondApp(test, 1)
  const states = statesOf(await watching)
  expect(states.at(-1)).toMatchObject({ status: 'FAILED', file: null, failure: { code: 'EXPORT_FAILED' } })
  expect(JSON.stringify(states)).not.toMatch(/timestamp|BC|canonical/)
  await worker.close()
  expect(await readdir(artifacts)).toEqual(before)
})
