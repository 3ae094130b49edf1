import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { uuidv7 } from '../../src/core/uuid.ts'
import { sweepLeftovers } from '../../src/exports/discard.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { release } from '../../src/exports/job-status/held.ts'
import { failOutworn } from '../../src/exports/job-status/overdue.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
const never = new AbortController().signal
const artifacts = () => join(test.config().dataDir, 'artifacts')
const names = async () => (await readdir(artifacts())).sort()
const put = (name: string) => writeFile(join(artifacts(), name), 'left behind')

const start = async () =>
  (await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })).id.slice(4)

beforeEach(async () => {
  await sql()`delete from export_jobs`
  await insertGeneratedRows(sql(), 1, 20).catch(() => {})
  for (const name of await names()) await test.app().artifacts.remove(name.replace(/^\.part-/, ''))
})

it('clears away what crashes left of jobs that have ended, and keeps their files', async () => {
  const done = await start()
  await runExport(test.app(), (await claimNext(test.app().db))!, never)
  const files = await names()
  expect(files).toHaveLength(3)
  const failed = await start()
  await sql()`update export_jobs set status = 'FAILED' where id = ${failed}`
  await put(`.part-${done}.1.csv-${uuidv7()}`)
  await put(`.part-${done}.7.datapackage.json-${uuidv7()}`)
  await put(`${done}.7.csv`)
  await put(`.part-${failed}.1.csv-${uuidv7()}`)
  await put(`${failed}.1.csv`)
  expect(await sweepLeftovers(test.app())).toBe(0)
  expect(await names()).toEqual(files)
})

it('lets alone what a job that goes on may need, and what no job of this database is', async () => {
  const waiting = await start()
  const running = await start()
  await release(test.app().db, (await claimNext(test.app().db))!)
  await sql()`update export_jobs set status = 'RUNNING', attempt = 1, lease_until = now() - interval '1 day' where id = ${running}`
  const kept = [
    `.part-${waiting}.1.csv-${uuidv7()}`,
    `.part-${running}.1.csv-${uuidv7()}`,
    `${running}.1.csv`,
    `${uuidv7()}.1.csv`,
    'notes.txt',
  ]
  for (const name of kept) await put(name)
  expect(await sweepLeftovers(test.app())).toBe(1)
  expect(await names()).toEqual(kept.sort())
  await sql()`update export_jobs set status = 'FAILED'`
  expect(await sweepLeftovers(test.app())).toBe(1)
  expect(await names()).toEqual(kept.slice(-2).sort())
})

it('sweeps by itself, as long as a worker runs', async () => {
  const failed = await start()
  await sql()`update export_jobs set status = 'FAILED' where id = ${failed}`
  await put(`.part-${failed}.1.csv-${uuidv7()}`)
  const worker = await openSecondApp(test, 1)
  await eventually(async () => (await names()).length === 0)
  await worker.close()
})

it('gives up an export that takes longer than its snapshot may be kept, waiting or running', async () => {
  const young = await start()
  const old = await start()
  await sql()`update export_jobs set queued_at = now() - interval '73 hours', not_before = now() + interval '1 hour'
    where id = ${old}`
  const worker = await openSecondApp(test, 1)
  const job = await awaitJob(test, `exp_${old}`)
  expect(job).toMatchObject({ status: 'FAILED', failure: { code: 'SNAPSHOT_TOO_OLD' } })
  expect(job.failure!.message).toContain('72 hours')
  expect(await awaitJob(test, `exp_${young}`)).toMatchObject({ status: 'SUCCEEDED' })
  await worker.close()

  const running = await start()
  const claim = (await claimNext(test.app().db))!
  await sql()`update export_jobs set queued_at = now() - interval '2 hours' where id = ${running}`
  const failure = { code: 'SNAPSHOT_TOO_OLD', message: 'too old' } as const
  expect(await failOutworn(test.app().db, 2, failure)).toEqual([running])
  await runExport(test.app(), claim, never)
  expect(await awaitJob(test, `exp_${running}`)).toMatchObject({ status: 'FAILED', failure })
  expect((await names()).filter((name) => name.includes(running))).toEqual([])
})
