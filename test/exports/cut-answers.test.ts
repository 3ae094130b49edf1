import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyRows } from '../../src/db/copy-rows.ts'
import { mayPass } from '../../src/db/passing-faults.ts'
import { useTestDatabase } from '../support/database.ts'
import { openProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const database = useTestDatabase()
let proxy: TcpProxy
let client: Sql

beforeAll(async () => {
  proxy = await openProxy(database.url())
  client = postgres(proxy.url, { max: 1, onnotice: () => {}, backoff: false, fetch_types: false })
})
afterAll(async () => {
  await client.end({ timeout: 1 })
  await proxy.close()
})

const query = `select i, repeat('x', 40) as text, i * i from generate_series(1, 300) i /* marked */`

it(
  'returns the whole of an answer or fails, wherever its connection is cut',
  { timeout: 60_000 },
  async () => {
    const whole = (await copyRows(client, query)).rows()
    expect(whole).toHaveLength(300)
    let failures = 0
    let answers = 0
    // To the end of the answer, which is somewhat longer than its text, and past it.
    for (let bytes = 1; bytes < 19_000; bytes += bytes < 200 ? 7 : 211) {
      const before = proxy.cuts()
      proxy.cutAfter('marked', bytes)
      try {
        const rows = (await copyRows(client, query, 'select 1')).rows()
        expect(rows, `cut after ${bytes} bytes`).toEqual(whole)
        answers++
      } catch (error) {
        expect(mayPass(error), `${bytes}: ${String(error)}`).toBe(true)
        expect(proxy.cuts()).toBe(before + 1)
        failures++
      }
    }
    expect(failures).toBeGreaterThan(80)
    expect(answers).toBeGreaterThan(0)
  },
)

it.each([0, 1, 2, 100, 5000])('fails when Postgres does after %i rows', async (rows) => {
  const failing = `select 1 / (${rows} - i), repeat('x', 40) from generate_series(0, 6000) i`
  await expect(copyRows(client, failing)).rejects.toThrow('division by zero')
  await expect(copyRows(client, failing, 'select 1')).rejects.toThrow('division by zero')
  // The connection is as good as before.
  expect((await copyRows(client, 'select 1')).rows()).toEqual([['1']])
})

it('waits no longer than the message itself says, and may ask again then', async () => {
  const error = await copyRows(client, 'select pg_sleep(20)', `set local statement_timeout = '100ms'`).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: '57014' })
  expect(mayPass(error)).toBe(true)
  // For that message alone.
  expect((await copyRows(client, 'select pg_sleep(0.2)')).isEmpty).toBe(false)
})
