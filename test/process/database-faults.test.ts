import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../support/database.ts'
import { useExportingServer } from '../support/exporting-server.ts'
import { until } from '../support/processes.ts'
import { openProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const database = useTestDatabase()
const sql = () => database.client()
let proxy: TcpProxy
beforeAll(async () => {
  proxy = await openProxy(database.url())
})
afterAll(() => proxy.close())
const server = useExportingServer(database, { rows: 6_000, url: () => proxy.url })

/** Ends the server's connections of this name, however many, and says how many. */
async function terminate(name: string): Promise<number> {
  const ended = await sql()`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = ${name}`
  return ended.length
}

const running = async (id: string) =>
  ['QUEUED', 'RUNNING'].includes((await server.job(id))['status'] as string)

it(
  'reads on, in the same attempt, while Postgres ends the connections it reads by',
  { timeout: 60_000 },
  async () => {
    const id = await server.start()
    let ended = 0
    while (await running(id)) {
      if (ended < 10) ended += await terminate('evalport records')
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(ended).toBeGreaterThan(3)
    expect(await server.expectWhole(id)).toMatchObject({ attempt: 1, losses: 0 })
  },
)

it(
  'ends with the same bytes while Postgres ends every kind of connection, again and again',
  { timeout: 60_000 },
  async () => {
    const names = ['records', 'vital', 'listener', 'queue'].map((name) => `evalport ${name}`)
    const ended = new Map(names.map((name) => [name, 0]))
    const ids = await Promise.all([server.start('CSV'), server.start('NDJSON')])
    for (let round = 0; (await running(ids[0])) || (await running(ids[1])); round++) {
      const name = names[round % names.length]!
      if (round < 24) ended.set(name, ended.get(name)! + (await terminate(name)))
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(
      [...ended.values()].every((count) => count > 0),
      JSON.stringify([...ended]),
    ).toBe(true)
    for (const id of ids) {
      const { attempt, losses } = await server.expectWhole(id)
      // Where the answer to a claim itself was lost, it takes another.
      expect(attempt).toBeLessThanOrEqual(2)
      expect(losses).toBe(0)
    }
  },
)

it('takes a part as committed when only the answer to its commit was lost', { timeout: 60_000 }, async () => {
  const id = await server.start()
  // The claim is not to be hit: where its answer is lost, it takes another attempt.
  await server.untilParts(id, 1)
  const before = proxy.cuts()
  // Over a new connection, `commit` is sent as text; later on it is a statement that is known by another name.
  await terminate('evalport vital')
  while (await running(id)) {
    if (proxy.cuts() < before + 2) proxy.cutAfter('commit', 1)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  proxy.become('pass')
  expect(proxy.cuts()).toBeGreaterThan(before)
  expect(await server.expectWhole(id)).toMatchObject({ attempt: 1, losses: 0 })
})

it('gets over a network that swallows everything without a word', { timeout: 90_000 }, async () => {
  const id = await server.start()
  await server.untilParts(id, 2)
  proxy.become('swallow')
  await until('the server finds out', async () => {
    const { status } = await fetch(`${server.process().url}/healthz`)
    return status === 503
  })
  expect(await running(id)).toBe(true)
  // From here on new connections are good; those that there were stay as dead as they are.
  proxy.become('pass')
  await server.untilEnded(id, 50_000)
  const { attempt } = await server.expectWhole(id)
  expect(attempt).toBeLessThanOrEqual(2)
  expect((await server.api('{ __typename }')).status).toBe(200)
})
