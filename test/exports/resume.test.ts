import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const never = new AbortController().signal
const rows = 12_000
const partBytes = 200_000
const formats = ['CSV', 'JSON', 'NDJSON', 'XML']
const whole: Record<string, string> = {}

const sql = () => test.database.client()
const artifacts = () => join(test.config().dataDir, 'artifacts')
const filesOf = async (id: string) =>
  (await readdir(artifacts())).filter((name) => name.includes(id.slice(4)))

/** Starts an export with parts so small that there are dozens. */
async function start(format: string, bytes = partBytes): Promise<string> {
  const { id } = await startExport(test, { source: { evaluationResults: {} }, format })
  await sql()`update export_jobs set plan = plan || ${sql().json({ partBytes: bytes })} where id = ${id.slice(4)}`
  return id
}

async function claim(): Promise<Claim> {
  const claimed = await claimNext(test.app().db)
  if (!claimed) throw new Error('no job waits')
  return claimed
}

const partsOf = async (id: string) =>
  Number((await sql()`select parts_done from export_jobs where id = ${id.slice(4)}`)[0]!['parts_done'])

/** Runs the claim until so many parts are committed, then stops it as a worker that must end does. */
async function runUntil(id: string, parts: number): Promise<void> {
  const stopping = new AbortController()
  const running = runExport(test.app(), await claim(), stopping.signal)
  let ended = false
  void running.finally(() => (ended = true))
  await eventually(async () => ended || (await partsOf(id)) >= parts)
  stopping.abort(new Error('stopped by the test'))
  await running
}

beforeAll(async () => {
  await insertGeneratedRows(sql(), 1, rows)
  for (const format of formats) {
    const id = await start(format)
    await runExport(test.app(), await claim(), never)
    whole[format] = (await awaitJob(test, id)).file!.sha256
  }
})

it(
  'gives the same bytes in every format, however often and wherever it is stopped',
  { timeout: 240_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...formats),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
        async (format, steps) => {
          const id = await start(format)
          let parts = 0
          for (const step of steps) {
            if ((await awaitStatus(id)) !== 'QUEUED') break
            const before = await partsOf(id)
            await runUntil(id, (parts += step))
            expect(await partsOf(id)).toBeGreaterThanOrEqual(before)
          }
          if ((await awaitStatus(id)) === 'QUEUED') await runExport(test.app(), await claim(), never)
          const job = await awaitJob(test, id)
          expect(job).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole[format] } })
          expect(await filesOf(id)).toHaveLength(3)
        },
      ),
      { numRuns: 12 },
    )
  },
)

async function awaitStatus(id: string): Promise<string> {
  return (await sql()`select status from export_jobs where id = ${id.slice(4)}`)[0]!['status'] as string
}

it('goes on from the last part: no part is written twice, and the rest once', async () => {
  const id = await start('NDJSON')
  await runUntil(id, 4)
  const kept = await partsOf(id)
  expect(kept).toBeGreaterThanOrEqual(4)
  test.logged.splice(0)
  await runExport(test.app(), await claim(), never)
  expect(test.logged).toContainEqual(
    expect.objectContaining({ msg: 'the export goes on', parts: kept, attempt: 2 }),
  )
  const parts =
    await sql()`select part, attempt from export_parts where job_id = ${id.slice(4)} order by part`
  expect(parts.map((row) => row['part'] as number)).toEqual(parts.map((_, index) => index))
  expect(parts.filter((row) => row['attempt'] === 1)).toHaveLength(kept)
  expect((await awaitJob(test, id)).file!.sha256).toBe(whole['NDJSON'])
})

it.each<[string, (path: string) => Promise<void>]>([
  [
    'a byte of it is another',
    async (path) => {
      const bytes = await readFile(path)
      bytes[bytes.length >> 2]! ^= 1
      await writeFile(path, bytes)
    },
  ],
  ['it is cut', (path) => truncate(path, partBytes / 2)],
  ['it is gone', (path) => rm(path)],
])('starts anew when what was kept is not what it was: %s', async (_, spoil) => {
  const id = await start('CSV')
  await runUntil(id, 3)
  const [name] = await filesOf(id)
  await spoil(join(artifacts(), name!))
  await runExport(test.app(), await claim(), never)
  const job = await awaitJob(test, id)
  expect(job).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole['CSV'] } })
  const parts = await sql()`select distinct attempt from export_parts where job_id = ${id.slice(4)}`
  expect(parts).toEqual([{ attempt: 2 }])
  expect(await filesOf(id)).toHaveLength(3)
})

it('starts anew when the parts were made by another version', async () => {
  const id = await start('CSV')
  await runUntil(id, 3)
  await sql()`update export_jobs set parts_maker = 'another' where id = ${id.slice(4)}`
  await runExport(test.app(), await claim(), never)
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { sha256: whole['CSV'] } })
  expect(await sql()`select distinct attempt from export_parts where job_id = ${id.slice(4)}`).toEqual([
    { attempt: 2 },
  ])
})

it('lets a worker that was taken over write into nothing that counts', async () => {
  const id = await start('NDJSON', 20_000)
  const stopping = new AbortController()
  const lost = await claim()
  const running = runExport(test.app(), lost, stopping.signal)
  await eventually(async () => (await partsOf(id)) >= 1)
  // As if it had been frozen for longer than its lease; it still runs, and beats, while the other one goes on.
  let second: Claim | undefined
  await eventually(async () => {
    await sql()`update export_jobs set lease_until = now() - interval '1 second' where id = ${id.slice(4)}`
    second = await claimNext(test.app().db)
    return second !== undefined
  })
  expect(second).toMatchObject({ id: lost.id, attempt: lost.attempt + 1 })
  await Promise.all([running, runExport(test.app(), second!, never)])
  expect(await awaitJob(test, id)).toMatchObject({
    status: 'SUCCEEDED',
    file: { rows, sha256: whole['NDJSON'] },
  })
})
