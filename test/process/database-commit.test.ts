import { afterEach, expect, it, vi } from 'vitest'
import { holdWrites, type HeldWrite } from '../support/held-write.ts'
import { death, useDisturbedExports } from '../support/disturbed-exports.ts'
import { kill, until } from '../support/processes.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
const sql = () => exports.test.database.client()
let held: HeldWrite | undefined
afterEach(() => held?.release())

const success = `new.status = 'SUCCEEDED'`

/** The server does not see that its client died while it waits itself; a broken network would show it in the end. */
const endSession = async (pid: number) => {
  await sql()`select pg_terminate_backend(${pid}::int, 5000)`
}

it.each([
  ['NDJSON', 0],
  ['CSV', 3],
])('%s: keeps the parts before, when its worker dies in the transaction of part %i', async (format, part) => {
  await exports.whole(format)
  const id = await exports.start(format)
  held = await holdWrites(sql(), 'export_parts', 'insert', `new.part = ${part}`)
  const worker = exports.startWorker({ fault: { how: 'power' } })
  const session = await held.reached()
  worker.child.kill('SIGUSR2')
  expect(await death(worker)).toBe('SIGKILL')
  await endSession(session)
  await held.release()
  expect((await exports.job(id))['parts_done']).toBe(part)
  await exports.endLease(id)
  await exports.goOn(id)
  await exports.expectWhole(id, format)
  const parts = await exports.parts(id)
  expect(parts.filter(({ attempt }) => attempt === 1)).toHaveLength(part)
})

it('keeps a part whose commit its worker did not live to hear of', async () => {
  await exports.whole('NDJSON')
  const id = await exports.start('NDJSON')
  const worker = exports.startWorker({ fault: { how: 'power' } })
  await until('two parts are committed', async () => (await exports.parts(id)).length >= 2)
  worker.child.kill('SIGUSR2')
  expect(await death(worker)).toBe('SIGKILL')
  const kept = await exports.parts(id)
  await exports.endLease(id)
  await exports.goOn(id)
  await exports.expectWhole(id, 'NDJSON')
  expect((await exports.parts(id)).filter(({ attempt }) => attempt === 1)).toEqual(kept)
})

it('is done once more to the end when its worker dies before the success is committed', async () => {
  await exports.whole('CSV')
  const id = await exports.start('CSV')
  held = await holdWrites(sql(), 'export_jobs', 'update', success)
  const worker = exports.startWorker({ fault: { how: 'power' } })
  const session = await held.reached()
  const kept = await exports.parts(id)
  worker.child.kill('SIGUSR2')
  expect(await death(worker)).toBe('SIGKILL')
  await endSession(session)
  await held.release()
  expect(await exports.job(id)).toMatchObject({ status: 'RUNNING', sha256: null, artifact_key: null })
  // All three files are there under their own names, which nobody may mistake for the export.
  expect(await exports.files(id)).toHaveLength(3)
  await exports.endLease(id)
  await exports.goOn(id)
  await exports.expectWhole(id, 'CSV')
  expect(await exports.parts(id)).toEqual(kept)
})

it('has succeeded, with the power gone, when its worker does not live to hear of it', async () => {
  await exports.whole('NDJSON')
  const id = await exports.start('NDJSON')
  held = await holdWrites(sql(), 'export_jobs', 'update', success)
  const worker = exports.startWorker({ fault: { how: 'power' } })
  await held.reached()
  worker.child.kill('SIGUSR2')
  expect(await death(worker)).toBe('SIGKILL')
  await held.release()
  // Postgres goes on by itself with what it was at.
  await until('its success is committed', async () => (await exports.job(id))['status'] !== 'RUNNING')
  await exports.expectWhole(id, 'NDJSON')
  expect(await exports.job(id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 })
})

it('is taken up within 15 s of a kill by a worker that was busy beside it', async () => {
  await exports.whole('NDJSON')
  held = await holdWrites(sql(), 'export_parts', 'insert', 'new.part = 2')
  const id = await exports.start('NDJSON')
  const env = { EVALPORT_WORKER_CONCURRENCY: '1' }
  const first = exports.startWorker({ env })
  await held.reached()
  const second = exports.startWorker({ env })
  const session = await held.reached()
  await until('the other worker works', () => second.stderr().includes('working on'))
  // By nobody's clock but the database's.
  const [killed] = await sql()`select now()`
  kill(first.pid)
  await death(first)
  await endSession(session)
  await held.release()
  await until('it has ended', async () => (await exports.job(id))['status'] !== 'RUNNING', 15_000)
  await exports.expectWhole(id, 'NDJSON')
  const { attempt, losses, finished_at } = await exports.job(id)
  expect({ attempt, losses }).toEqual({ attempt: 2, losses: 0 })
  expect((finished_at as Date).getTime()).toBeGreaterThan((killed!['now'] as Date).getTime())
})
