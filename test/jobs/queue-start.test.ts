import { afterAll, beforeAll, expect, it } from 'vitest'
import { startQueue } from '../../src/jobs/queue.ts'
import { useTestDatabase } from '../support/database.ts'
import { openProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { eventually } from '../support/worker.ts'

const database = useTestDatabase()
let proxy: TcpProxy

beforeAll(async () => {
  // The first start makes its tables.
  await (await startQueue(database.url(), { concurrency: 0, onError: () => {} })).stop()
  proxy = await openProxy(database.url())
})
afterAll(() => proxy.close())

async function connections(): Promise<number> {
  const rows = await database.client()`select 1 from pg_stat_activity
    where application_name = 'evalport queue' and datname = current_database()`
  return rows.length
}

it.each([0, 2])('leaves nothing running when it cannot be started, for %i at once', async (concurrency) => {
  proxy.cutAfter('create_queue', 0)
  const before = proxy.cuts()
  await expect(startQueue(proxy.url, { concurrency, onError: () => {} })).rejects.toThrow()
  expect(proxy.cuts()).toBe(before + 1)
  await eventually(async () => (await connections()) === 0, 300)
  expect(proxy.open()).toBe(0)
  // The next start finds everything as it should be.
  const queue = await startQueue(proxy.url, { concurrency, onError: () => {} })
  await queue.stop()
})
