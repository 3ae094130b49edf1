import { afterEach, expect, it, vi } from 'vitest'
import type { Fault } from '../support/die-at.ts'
import { death, isFrozen, useDisturbedExports } from '../support/disturbed-exports.ts'
import { holdWrites, type HeldWrite } from '../support/held-write.ts'
import { isRunning, kill, until } from '../support/processes.ts'
import type { RunningCli } from '../support/cli.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
const sql = () => exports.test.database.client()
let held: HeldWrite | undefined
afterEach(() => held?.release())

const refused = 'the export is no longer this worker’s'

/** What a success must never lose again. */
async function proofOf(id: string): Promise<unknown> {
  const [row] = await sql()`select to_jsonb(j) as job, (select jsonb_agg(p order by part) from export_parts p
    where p.job_id = j.id) as parts from export_jobs j where id = ${id.slice(4)}`
  return row
}

/** Wakes a worker whose export was finished by another: it must see that, spoil nothing and work on. */
async function wake(worker: RunningCli, id: string, format: string): Promise<void> {
  const before = await proofOf(id)
  worker.child.kill('SIGCONT')
  await until('the woken worker is refused', () => worker.stderr().includes(refused))
  expect(isRunning(worker.pid)).toBe(true)
  const next = await exports.start(format)
  await until('it takes the next export', async () => (await exports.job(next))['status'] === 'SUCCEEDED')
  await exports.expectWhole(next, format)
  await exports.expectWhole(id, format)
  expect(await proofOf(id)).toEqual(before)
}

it('gives its export to another when it is frozen for longer than its lease, and is refused', async () => {
  await exports.whole('NDJSON')
  held = await holdWrites(sql(), 'export_parts', 'insert', 'new.part = 3')
  const id = await exports.start('NDJSON')
  const frozen = exports.startWorker()
  await held.reached()
  frozen.child.kill('SIGSTOP')
  await until('it is frozen', () => isFrozen(frozen.pid))
  // Its session stands in its transaction now, for good: it does not know that it must go on.
  await held.release()
  const other = exports.startWorker()
  await until('another has finished it', async () => (await exports.job(id))['status'] === 'SUCCEEDED')
  await exports.expectWhole(id, 'NDJSON')
  expect(await exports.job(id)).toMatchObject({ attempt: 2 })
  kill(other.pid)
  await death(other)
  await wake(frozen, id, 'NDJSON')
})

const last: readonly [string, NonNullable<Fault['at']>][] = [
  ['before its file is renamed', { call: 'rename', file: String.raw`\.csv$`, nth: 1, when: 'before' }],
  ['in the middle of its manifest', { call: 'write', file: 'datapackage', nth: 1, when: 'half' }],
  ['when all its files are there', { call: 'sync', file: '/artifacts$', nth: 3, when: 'after' }],
]

it.each(last)('is refused when it was frozen %s', async (_, at) => {
  await exports.whole('CSV')
  const id = await exports.start('CSV')
  const frozen = exports.startWorker({ fault: { at, how: 'freeze' } })
  await until('it is frozen', () => isFrozen(frozen.pid))
  await exports.endLease(id)
  await exports.goOn(id)
  await exports.expectWhole(id, 'CSV')
  await wake(frozen, id, 'CSV')
})

it('is refused while the other is still at it, and leaves it what it needs', async () => {
  await exports.whole('CSV')
  const id = await exports.start('CSV')
  const [, whenAllIsThere] = last.at(-1)!
  const frozen = exports.startWorker({ fault: { at: whenAllIsThere, how: 'freeze' } })
  await until('it is frozen', () => isFrozen(frozen.pid))
  await exports.endLease(id)
  const beforeItsEnd = { call: 'rename', file: String.raw`\.csv$`, nth: 1, when: 'before' } as const
  const other = exports.startWorker({ fault: { at: beforeItsEnd, how: 'freeze' } })
  await until('the other is frozen too', () => isFrozen(other.pid))
  // However long this takes, the woken one shall not take it up anew.
  await sql()`update export_jobs set lease_until = now() + interval '5 minutes' where id = ${id.slice(4)}`
  frozen.child.kill('SIGCONT')
  await until('the woken worker is refused', () => frozen.stderr().includes(refused))
  expect(await exports.job(id)).toMatchObject({ status: 'RUNNING', attempt: 2, sha256: null })
  other.child.kill('SIGCONT')
  await until('the other has finished', async () => (await exports.job(id))['status'] === 'SUCCEEDED')
  await exports.expectWhole(id, 'CSV')
  expect((await exports.job(id))['artifact_key']).toContain('.2.')
})
