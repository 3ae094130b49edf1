import postgres from 'postgres'
import { expect, it } from 'vitest'
import { copyRows } from '../../src/db/copy-rows.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()

it('returns cells as Postgres prints them, NULL apart from text that looks like it', async () => {
  const client = database.client()
  const printed = await copyRows(
    client,
    String.raw`select * from (values
    (1, null, ''), (2, E'\\N', E'a\tb\nc\\d\b\f\r\x0b'), (3, 'ünï😀', '\n')) v`,
  )
  expect(printed.rows()).toEqual([
    ['1', null, ''],
    ['2', '\\N', 'a\tb\nc\\d\b\f\r\v'],
    ['3', 'ünï😀', '\\n'],
  ])
  expect(printed.lastRow()).toEqual(['3', 'ünï😀', '\\n'])
})

it('tells no rows from one row of an empty text', async () => {
  const client = database.client()
  expect((await copyRows(client, 'select 1 where false')).isEmpty).toBe(true)
  const one = await copyRows(client, `select ''`)
  expect(one.isEmpty).toBe(false)
  expect(one.rows()).toEqual([['']])
})

it(
  'leaves the connection usable after answers of every size around the stream’s limits',
  { timeout: 60_000 },
  async () => {
    const client = postgres(database.url(), { max: 1, onnotice: () => {} })
    try {
      for (let size = 1000; size <= 400_000; size += 3000) {
        const printed = await copyRows(client, `select repeat('x', ${size})`)
        expect(printed.rows()[0]![0]).toHaveLength(size)
      }
      for (let rows = 1; rows <= 3000; rows += 13) {
        const printed = await copyRows(client, `select repeat('x', 1000) from generate_series(1, ${rows})`)
        expect(printed.rows()).toHaveLength(rows)
      }
    } finally {
      await client.end({ timeout: 1 })
    }
  },
)

it('fails, and returns no part, when the connection breaks in the middle', { timeout: 60_000 }, async () => {
  const client = postgres(database.url(), { max: 1, onnotice: () => {} })
  try {
    const [me] = await client`select pg_backend_pid() as pid`
    const reading = copyRows(client, `select i, pg_sleep(0.001) from generate_series(1, 100000) i`)
    const killing = (async () => {
      await database.client()`select pg_terminate_backend(${me!['pid'] as number})`
    })()
    await expect(reading).rejects.toThrow()
    await killing
  } finally {
    await client.end({ timeout: 1 })
  }
})
