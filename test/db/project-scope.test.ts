import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { beforeAll, expect, it } from 'vitest'
import { openDatabase, type Database } from '../../src/db/connection.ts'
import { openProjectScope, projectRole, type ProjectScope } from '../../src/db/project-scope.ts'
import { copyRows } from '../../src/db/copy-rows.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestDatabase } from '../support/database.ts'
import { afterAll } from 'vitest'

const test = useTestDatabase()
let database: Database
let scope: ProjectScope
let ours: number
let theirs: number

const scoped = [
  'evaluation_results',
  'performance_metrics',
  'agent_interactions',
  'tool_calls',
  'evaluation_tests',
  'source_files',
  'ingest_rejects',
  'export_jobs',
]

beforeAll(async () => {
  database = openDatabase(test.url())
  scope = await openProjectScope(database.db)
  const rows = await test.client()`insert into projects (name) values ('ours'), ('theirs') returning id`
  ;[ours, theirs] = rows.map((row) => row['id'] as number) as [number, number]
  await insertGeneratedRows(test.client(), ours, 3)
  await insertGeneratedRows(test.client(), theirs, 5)
})
afterAll(() => database.close())

const count = async (query: string, projectId: number) =>
  Number((await copyRows(database.records, query, scope.statement(projectId))).rows()[0]![0])

it('is enforced for a superuser too, who would otherwise see everything', async () => {
  const [me] = await test.client()`select rolsuper from pg_roles where rolname = current_user`
  expect(me!['rolsuper']).toBe(true)
  expect(scope.weakness).toBeUndefined()
  expect(
    Number((await copyRows(database.records, 'select count(*) from evaluation_results')).rows()[0]![0]),
  ).toBe(8)
  expect(await count('select count(*) from evaluation_results', ours)).toBe(3)
  expect(await count('select count(*) from evaluation_results', theirs)).toBe(5)
  expect(await count(`select count(*) from evaluation_results where project_id = ${theirs}`, ours)).toBe(0)
})

it('binds every table that has a project, and leaves nothing of it behind on the connection', async () => {
  const tables = await test.client()`select relname, relrowsecurity from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname = any(${scoped})`
  expect(tables.filter((table) => table['relrowsecurity'] === true)).toHaveLength(scoped.length)
  const others = await test.client()`select distinct table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'project_id' and table_name <> all(${scoped})`
  // Who may come in is asked before the project is known.
  expect(others.map((row) => row['name'] as string).sort()).toEqual(['members', 'principals'])
  const client = postgres(test.url(), { max: 1, onnotice: () => {} })
  try {
    await copyRows(client, 'select 1', scope.statement(ours))
    const [after] =
      await client`select current_user = session_user as same, current_setting('evalport.project', true) as project`
    expect(after).toMatchObject({ same: true, project: '' })
  } finally {
    await client.end()
  }
})

it('shows nothing, in any of the tables, to whoever names no project', async () => {
  await database.db.transaction(async (tx) => {
    await tx.execute(sql.raw(`set local role ${projectRole}`))
    for (const table of scoped) {
      const [row] = await tx.execute(sql.raw(`select count(*)::int as count from ${table}`))
      expect(row, table).toEqual({ count: 0 })
    }
  })
})

it('lets nobody write into another project, or change, delete or reach what work within a project does not take', async () => {
  const refused = async (statement: string) => {
    const work = scope.transaction(database.db, ours, (tx) => tx.execute(sql.raw(statement)))
    const cause = await work.then(
      () => undefined,
      (error: unknown) => ((error as { cause?: Error }).cause ?? (error as Error)).message,
    )
    return cause ?? 'done'
  }
  expect(
    await refused(`insert into evaluation_tests (project_id, test_id, test_version, prompt_order, since)
      values (${theirs}, 'a', '1', 'LOP', now())`),
  ).toContain('row-level security')
  expect(await refused(`delete from evaluation_results`)).toContain('permission denied')
  expect(await refused(`update evaluation_results set response = 'other'`)).toContain('permission denied')
  expect(await refused(`update export_jobs set status = 'SUCCEEDED'`)).toContain('permission denied')
  for (const table of ['api_keys', 'principals', 'members', 'projects']) {
    expect(await refused(`select * from ${table}`), table).toContain('permission denied')
  }
  await scope.transaction(database.db, ours, (tx) =>
    tx.execute(sql`update evaluation_results set dead_xid = pg_current_xact_id()`),
  )
  expect(await count('select count(*) from evaluation_results where dead_xid is null', theirs)).toBe(5)
})

it('refuses what is no number of a project before it gets into a statement', () => {
  expect(() => scope.statement("1'; drop table projects; --" as unknown as number)).toThrow('not the number')
  expect(() => scope.statement(Number.NaN)).toThrow('not the number')
})

it('says so when the database role bypasses it and cannot do better, and works all the same', async () => {
  const name = `owner_${test.url().split('/').at(-1)}`
  const admin = test.client()
  await admin.unsafe(`create role ${name} login password 'pw' bypassrls`)
  try {
    await admin.unsafe(`grant select on all tables in schema public to ${name}`)
    const url = new URL(test.url())
    url.username = name
    url.password = 'pw'
    const weak = openDatabase(url.href)
    try {
      const weakScope = await openProjectScope(weak.db)
      expect(weakScope.weakness).toContain(`The database role ${name} bypasses row-level security`)
      expect(weakScope.weakness).toContain(`grant ${projectRole} to "${name}"`)
      const printed = await copyRows(weak.records, 'select 1', weakScope.statement(ours))
      expect(printed.rows()).toEqual([['1']])
      await admin.unsafe(`alter role ${name} nobypassrls`)
      expect((await openProjectScope(weak.db)).weakness).toBeUndefined()
    } finally {
      await weak.close()
    }
  } finally {
    await admin.unsafe(`drop owned by ${name}; drop role ${name}`)
  }
})

it('takes a connection that breaks while it asks for no leave to do without', async () => {
  const broken = Object.assign(new Error('terminating connection'), { code: '57P01' })
  const db = new Proxy(database.db, {
    get: (target, name) =>
      name === 'transaction' ? () => Promise.reject(broken) : (Reflect.get(target, name) as unknown),
  })
  await expect(openProjectScope(db)).rejects.toThrow('terminating connection')
})
