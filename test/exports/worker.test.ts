import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { authenticate } from '../../src/access/authenticate.ts'
import { findJob } from '../../src/exports/jobs.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { fail, release, reportProgress, succeed } from '../../src/exports/job-status/held.ts'
import { runExport } from '../../src/exports/run.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const ndjson = { source: { evaluationResults: {} }, format: 'NDJSON' }
const never = new AbortController().signal
const artifacts = () => join(test.config().dataDir, 'artifacts')

/** The row itself, which says more than readers see. */
async function rowOf(id: string): Promise<Record<string, unknown>> {
  const [row] = await test.database.client()`select * from export_jobs where id = ${id.replace('exp_', '')}`
  return row!
}

/** As if the worker of this job had been silent for longer than its lease. */
async function fallSilent(id: string): Promise<void> {
  await test.database.client()`
    update export_jobs set lease_until = now() - interval '1 second' where id = ${id.replace('exp_', '')}`
}

beforeEach(async () => {
  await test.database.client()`delete from export_jobs`
})

it('claims jobs in the order in which they were asked for, each once', async () => {
  const ids = []
  for (let index = 0; index < 5; index++) ids.push((await startExport(test, ndjson)).id.slice(4))
  const { db } = test.app()
  const claims = await Promise.all(Array.from({ length: 8 }, () => claimNext(db)))
  expect(claims.flatMap((claim) => (claim ? [claim.id] : [])).sort()).toEqual(ids)
  await test.database.client()`update export_jobs set status = 'QUEUED'`
  for (const id of ids) expect((await claimNext(db))?.id).toBe(id)
  expect(await claimNext(db)).toBeUndefined()
})

it('does not give away the job of a worker that is heard of', async () => {
  await startExport(test, ndjson)
  const { db } = test.app()
  const claim = (await claimNext(db))!
  await fallSilent(claim.id)
  expect(
    await reportProgress(db, claim, {
      phase: 'WRITING',
      rowsWritten: 1,
      bytesWritten: 2,
      rowsTotal: undefined,
      rowsPerSecond: undefined,
    }),
  ).toBe(true)
  expect(await claimNext(db)).toBeUndefined()
})

it('gives the job of a silent worker to another, and nothing that the first one writes later counts', async () => {
  await insertGeneratedRows(test.database.client(), 1, 1200)
  const { id } = await startExport(test, ndjson)
  const { db } = test.app()
  const lost = (await claimNext(db))!
  await fallSilent(id)
  const claim = (await claimNext(db))!
  expect(claim).toMatchObject({ id: lost.id, attempt: 2 })
  const before = await rowOf(id)

  const writes = [
    reportProgress(db, lost, {
      phase: 'FINISHING',
      rowsWritten: 9999,
      bytesWritten: 9999,
      rowsTotal: { rows: 9999, isExact: true },
      rowsPerSecond: 9999,
    }),
    succeed(db, lost, {
      rows: 1,
      bytes: 1,
      sha256: 'f'.repeat(64),
      artifactKey: 'x',
      counts: {},
      redactions: { rules: '1', counts: {} },
      keys: { count: '1', sum: '1', xor: '1' },
      proof: {
        manifest: { artifactKey: 'x', bytes: 1, sha256: 'f'.repeat(64) },
        sums: { artifactKey: 'x', bytes: 1, sha256: 'f'.repeat(64) },
      },
    }),
    fail(db, lost, { code: 'INTERNAL', message: 'late' }),
    release(db, lost),
  ]
  expect(await Promise.all(writes)).toEqual([false, false, false, false])
  await runExport(test.app(), lost, never)
  expect(await rowOf(id)).toEqual(before)

  await runExport(test.app(), claim, never)
  const job = await awaitJob(test, id)
  expect(job).toMatchObject({ status: 'SUCCEEDED', file: { rows: 1200 } })
  const finished = await rowOf(id)
  expect(await fail(db, claim, { code: 'INTERNAL', message: 'late' })).toBe(false)
  await runExport(test.app(), lost, never)
  expect(await rowOf(id)).toEqual(finished)
  const bytes = await readFile(join(artifacts(), `${claim.id}.2.ndjson`))
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(job.file!.sha256)
})

it('gives a job up after five workers fell silent over it, and keeps nothing of its file', async () => {
  const { id } = await startExport(test, ndjson)
  const { db } = test.app()
  for (let attempt = 1; attempt <= 5; attempt++) {
    expect(await claimNext(db)).toMatchObject({ attempt })
    await fallSilent(id)
  }
  expect(await claimNext(db)).toBeUndefined()
  await writeFile(join(artifacts(), `.part-${id.slice(4)}.5.ndjson-left-behind`), 'half')
  const worker = await openSecondApp(test, 1)
  expect(await awaitJob(test, id)).toMatchObject({
    status: 'FAILED',
    failure: { code: 'EXPORT_FAILED' },
    file: null,
  })
  await worker.close()
  expect((await readdir(artifacts())).filter((name) => name.includes(id.slice(4)))).toEqual([])
})

it(
  'gives a running export back when it stops, and the next worker ends it with the same bytes',
  { timeout: 60_000 },
  async () => {
    await test.database.client()`truncate evaluation_results restart identity`
    await insertGeneratedRows(test.database.client(), 1, 20_000)
    const whole = await startExport(test, ndjson)
    await runExport(test.app(), (await claimNext(test.app().db))!, never)
    const expected = await awaitJob(test, whole.id)

    const { id } = await startExport(test, ndjson)
    const first = await openSecondApp(test, 1)
    await eventually(async () => (await rowOf(id))['status'] === 'RUNNING')
    await first.close()
    expect(await rowOf(id)).toMatchObject({ status: 'QUEUED', losses: 0, lease_until: null, phase: null })
    const left = async () => (await readdir(artifacts())).filter((name) => name.includes(id.slice(4)))
    expect((await left()).filter((name) => !name.startsWith('.part-'))).toEqual([])

    const second = await openSecondApp(test, 1)
    const job = await awaitJob(test, id)
    expect(job.file).toMatchObject({
      sha256: expected.file!.sha256,
      bytes: expected.file!.bytes,
      rows: 20_000,
    })
    expect(await rowOf(id)).toMatchObject({ attempt: 2, losses: 0 })
    const kept = ['datapackage.json', 'ndjson', 'sha256sums'].map((ending) => `${id.slice(4)}.2.${ending}`)
    await second.close()
    expect((await left()).sort()).toEqual(kept)
  },
)

it('runs each of 30 jobs once between two workers', { timeout: 60_000 }, async () => {
  await test.database.client()`truncate evaluation_results restart identity`
  await insertGeneratedRows(test.database.client(), 1, 100)
  const workers = [await openSecondApp(test, 2), await openSecondApp(test, 2)]
  const jobs = await Promise.all(Array.from({ length: 30 }, () => startExport(test, ndjson)))
  const ended = await Promise.all(jobs.map(({ id }) => awaitJob(test, id)))
  expect(ended.every((job) => job.status === 'SUCCEEDED' && job.file!.rows === 100)).toBe(true)
  const attempts = await test.database.client()`select distinct attempt, losses from export_jobs`
  expect([...attempts]).toEqual([{ attempt: 1, losses: 0 }])
  await Promise.all(workers.map((worker) => worker.close()))
})

it('removes the file when it was whole but the news of it could not be written', async () => {
  const sql = test.database.client()
  const { id } = await startExport(test, ndjson)
  await sql`alter table export_jobs add constraint no_news check (status <> 'SUCCEEDED')`
  await runExport(test.app(), (await claimNext(test.app().db))!, never)
  await sql`alter table export_jobs drop constraint no_news`
  const caller = await authenticate(test.app(), `Bearer ${test.key()}`)
  const job = (await findJob(test.app(), caller, id.slice(4)))!
  expect(job).toMatchObject({ status: 'FAILED', sha256: null, failure: { code: 'EXPORT_FAILED' } })
  expect(job.failure!.message).not.toContain('no_news')
  expect((await readdir(artifacts())).filter((name) => name.includes(id.slice(4)))).toEqual([])
})
