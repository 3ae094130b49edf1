import { beforeAll, expect, it, vi } from 'vitest'
import { useDisturbedExports } from '../support/disturbed-exports.ts'
import { until } from '../support/processes.ts'
import type { RunningCli } from '../support/cli.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
const sql = () => exports.test.database.client()
const hour = 3_600_000
const clocks: readonly [string, number][] = [
  ['ahead', hour],
  ['behind', -hour],
]

beforeAll(async () => {
  // So that an export lasts long enough to be stolen.
  await sql()`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return new; end $$`
  await sql()`create trigger slow before insert on export_parts for each row execute function slow()`
})

/** How far the clock of a worker's last words was from this one, in milliseconds, to a minute. */
function shiftOf(worker: RunningCli): number {
  const last = worker
    .stderr()
    .trimEnd()
    .split('\n')
    .findLast((line) => line.startsWith('{'))
  const { time } = JSON.parse(last!) as { time: string }
  return Math.round((Date.parse(time) - Date.now()) / 60_000) * 60_000
}

const succeeded = (id: string) =>
  until(`${id} has succeeded`, async () => (await exports.job(id))['status'] === 'SUCCEEDED')

it('loses and steals no export when the clocks of its workers are hours apart and jump', async () => {
  await exports.whole('NDJSON')
  const env = { EVALPORT_WORKER_CONCURRENCY: '1' }
  const workers = clocks.map(([, clockShift]) => exports.startWorker({ clockShift, env }))
  const ids = [await exports.start('NDJSON'), await exports.start('NDJSON'), await exports.start('NDJSON')]
  await until('both work', async () => {
    const parts = await Promise.all(ids.map(async (id) => (await exports.parts(id)).length))
    return parts.filter((count) => count >= 2).length === 2
  })
  expect(workers.map(shiftOf)).toEqual([hour, -hour])
  for (const worker of workers) worker.child.kill('SIGUSR2')
  for (const id of ids) await succeeded(id)
  expect(workers.map(shiftOf)).toEqual([-hour, hour])
  for (const id of ids) {
    await exports.expectWhole(id, 'NDJSON')
    expect(await exports.job(id)).toMatchObject({ attempt: 1, losses: 0 })
  }
})

it.each(clocks)('waits by the database’s clock when the worker’s is an hour %s', async (_, clockShift) => {
  await exports.whole('CSV')
  const later = await exports.start('CSV')
  await sql()`update export_jobs set not_before = now() + interval '4 seconds' where id = ${later.slice(4)}`
  const held = await exports.start('CSV')
  // As if another worker had it. When it was first begun is when it is claimed: nothing else says that afterwards.
  await sql()`update export_jobs set status = 'RUNNING', attempt = 1, lease_until = now() + interval '4 seconds'
    where id = ${held.slice(4)}`
  const leaseUntil = (await exports.job(held))['lease_until'] as Date
  const worker = exports.startWorker({ clockShift })
  await Promise.all([later, held].map(succeeded))
  expect(shiftOf(worker)).toBe(clockShift)
  const postponed = await exports.job(later)
  expect((postponed['started_at'] as Date).getTime()).toBeGreaterThanOrEqual(
    (postponed['not_before'] as Date).getTime(),
  )
  const taken = await exports.job(held)
  expect((taken['started_at'] as Date).getTime()).toBeGreaterThanOrEqual(leaseUntil.getTime())
  expect(taken['attempt']).toBe(2)
  await exports.expectWhole(later, 'CSV')
  await exports.expectWhole(held, 'CSV')
})
