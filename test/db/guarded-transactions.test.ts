import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres, { type Sql, type TransactionSql } from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyRows } from '../../src/db/copy-rows.ts'
import { openDatabase, type Database } from '../../src/db/connection.ts'
import { guardTransactions } from '../../src/db/guarded-transactions.ts'
import { mayPass } from '../../src/db/passing-faults.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()
let client: Sql
let opened: Database

beforeAll(() => {
  client = guardTransactions(postgres(database.url(), { max: 1, onnotice: () => {}, backoff: false }))
  opened = openDatabase(database.url())
})
afterAll(async () => {
  await client.end({ timeout: 1 })
  await opened.close()
})

const pidOf = async (tx: TransactionSql) => (await tx`select pg_backend_pid() as pid`)[0]!['pid'] as number
const end = (pid: number) => database.client()`select pg_terminate_backend(${pid}, 5000)`

/** postgres.js may tell the next query what was said to the last one of the connection before. */
async function orAgain<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask()
  } catch (error) {
    expect(mayPass(error), String(error)).toBe(true)
    return ask()
  }
}

/** What a transaction does when its connection is ended: each of these sends something more by itself. */
const works: Record<string, (tx: TransactionSql) => Promise<unknown>> = {
  'asks something': async (tx) => {
    const pid = await pidOf(tx)
    await Promise.all([tx`select pg_sleep(30)`, delay(100).then(() => end(pid))])
  },
  'does something else and then asks': async (tx) => {
    await end(await pidOf(tx))
    await delay(100)
    await tx`select 1`
  },
  'does something else and then asks by text': async (tx) => {
    await end(await pidOf(tx))
    await delay(100)
    await tx.unsafe('select 1')
  },
  'does something else and then ends': async (tx) => {
    await end(await pidOf(tx))
    await delay(100)
  },
  'does something else and then fails': async (tx) => {
    await end(await pidOf(tx))
    await delay(100)
    throw new Error('of the work')
  },
  'is in a savepoint': (tx) =>
    tx.savepoint(async (inner) => {
      const pid = await pidOf(inner)
      await Promise.all([inner`select pg_sleep(30)`, delay(100).then(() => end(pid))])
    }),
}

// What is sent to a connection that is gone would end the process, which Vitest tells of.
it.each(Object.keys(works))(
  'fails, and harms nothing, when its connection ends while it %s',
  async (name) => {
    await expect(client.begin(works[name]!)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
    await delay(50)
    // The one connection of the client can be used again.
    expect(await orAgain(() => client.begin((tx) => tx`select 1 as one`))).toEqual([{ one: 1 }])
  },
)

it('keeps what transactions are for', async () => {
  await client`create table kept (i int)`
  await client.begin((tx) => tx`insert into kept values (1)`)
  const refused = client.begin('isolation level serializable', async (tx) => {
    await tx`insert into kept ${tx({ i: 2 })}`
    await tx.savepoint((inner) => inner`insert into kept values (3)`)
    await tx.savepoint((inner) => inner`insert into kept values (1 / 0)`)
  })
  await expect(refused).rejects.toThrow('division by zero')
  expect(await client`select i from kept`).toEqual([{ i: 1 }])
})

it('guards the transactions of the app', async () => {
  const running = opened.db.transaction(async (tx) => {
    const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`)
    await Promise.all([tx.execute(sql`select pg_sleep(30)`), delay(100).then(() => end(row!.pid))])
  })
  await expect(running).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  const ask = () => opened.db.execute(sql`select 1 as one`)
  const answers = await Promise.all(Array.from({ length: 8 }, () => orAgain(async () => ask())))
  expect(answers.flat()).toEqual(Array.from({ length: 8 }, () => ({ one: 1 })))
})

it('asks for records on as many connections as there are, never on one that is busy with an answer', async () => {
  const query = `select i, repeat('x', 400) from generate_series(1, 1000) i`
  const read = async () => {
    for (let times = 0; times < 20; times++)
      expect((await copyRows(opened.records, query)).lastRow()[0]).toBe('1000')
  }
  await Promise.all(Array.from({ length: 20 }, read))
})

it('is not undone by Drizzle, which has the client', () => {
  expect(drizzle({ client }).$client).toBe(client)
})
