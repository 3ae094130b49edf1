import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { startServe, type CliResult, type RunningCli } from '../support/cli.ts'
import { useDisturbedExports } from '../support/disturbed-exports.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { isRunning, until } from '../support/processes.ts'
import { openProxy, type TcpProxy } from '../support/tcp-proxy.ts'

// Processes start, and other tests take their share of the machine.
vi.setConfig({ testTimeout: 120_000 })
const exports = useDisturbedExports()
const sql = () => exports.test.database.client()
let proxy: TcpProxy | undefined
afterEach(() => proxy?.close())

/** Ends a process in order, which may take it ten seconds. */
async function drained(process: RunningCli): Promise<CliResult> {
  process.child.kill('SIGTERM')
  await until('it has ended', () => !isRunning(process.pid), 10_000).catch((error: unknown) => {
    throw new Error(`it goes on: ${process.stderr()}`, { cause: error })
  })
  return process.ended()
}

/** Until the exports have so many parts each. */
const written = (ids: readonly string[], parts: number) =>
  until(`${parts} parts of each are committed`, async () => {
    const counts = await Promise.all(ids.map(async (id) => (await exports.parts(id)).length))
    return counts.every((count) => count >= parts)
  })

async function slowly(work: () => Promise<void>): Promise<void> {
  await sql()`create or replace function slow() returns trigger language plpgsql as
    $$ begin perform pg_sleep(0.15); return new; end $$`
  await sql()`create or replace trigger slow before insert on export_parts for each row execute function slow()`
  try {
    await work()
  } finally {
    await sql()`drop trigger if exists slow on export_parts`
  }
}

it('gives back what runs, with its parts, and leaves alone what waits', async () => {
  const formats = ['NDJSON', 'CSV', 'JSON', 'XML', 'NDJSON']
  for (const format of formats) await exports.whole(format)
  const ids: string[] = []
  for (const format of formats) ids.push(await exports.start(format))
  const [running, waiting] = [ids.slice(0, 3), ids.slice(3)]
  await slowly(async () => {
    const worker = exports.startWorker({ env: { EVALPORT_WORKER_CONCURRENCY: '3' } })
    await written(running, 2)
    const { code, stderr } = await drained(worker)
    expect(code, stderr).toBe(0)
  })
  const kept = await Promise.all(ids.map(exports.parts))
  for (const id of running)
    expect(await exports.job(id)).toMatchObject({
      status: 'QUEUED',
      attempt: 1,
      losses: 0,
      lease_until: null,
    })
  for (const id of waiting)
    expect(await exports.job(id)).toMatchObject({ status: 'QUEUED', attempt: 0, losses: 0 })
  expect(kept.map((parts) => parts.length > 1)).toEqual([true, true, true, false, false])

  exports.startWorker({ env: { EVALPORT_WORKER_CONCURRENCY: '3' } })
  for (const [index, id] of ids.entries()) {
    await until(`${id} has ended`, async () => (await exports.job(id))['status'] === 'SUCCEEDED')
    await exports.expectWhole(id, formats[index]!)
    expect((await exports.parts(id)).slice(0, kept[index]!.length)).toEqual(kept[index])
  }
})

it.each(['swallow', 'refuse'] as const)(
  'ends in time when Postgres does not answer (%s), and the export is gone on with',
  async (mode) => {
    await exports.whole('NDJSON')
    proxy = await openProxy(exports.test.database.url())
    const id = await exports.start('NDJSON')
    const worker = exports.startWorker({ env: { DATABASE_URL: proxy.url } })
    await slowly(async () => {
      await written([id], 2)
      proxy!.become(mode)
      // By itself; what it could not give back, others take up.
      expect(await drained(worker)).toMatchObject({ signal: null })
    })
    await exports.endLease(id)
    await exports.goOn(id)
    await exports.expectWhole(id, 'NDJSON')
  },
)

it('ends in time when somebody downloads slowly, and does not let the file look whole', async () => {
  // More than lies in the buffers between the two.
  await sql()`update evaluation_results set test_title = repeat('A title. ', 10000) where id % 20 = 0`
  const { id } = await startExport(exports.test, {
    source: { evaluationResults: { fields: ['TEST_TITLE'] } },
    format: 'CSV',
  })
  await exports.goOn(id)
  const { bytes, downloadUrl } = (await awaitJob(exports.test, id)).file!
  const server = await startServe(exports.test.config().dataDir, {
    DATABASE_URL: exports.test.database.url(),
  })
  const { pathname, search } = new URL(downloadUrl)
  const client = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(client, 'connect')
  client.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  let received = 0
  client.on('data', (chunk: Buffer) => {
    // The rest is left where it is.
    if (received === 0) client.pause()
    received += chunk.length
  })
  client.on('error', () => {})
  await until('the download has begun', () => received > 0)
  const { code, stderr } = await drained(server)
  expect(code, stderr).toBe(0)
  client.resume()
  await once(client, 'close')
  expect(received).toBeLessThan(bytes)
})
