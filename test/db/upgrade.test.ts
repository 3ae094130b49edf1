import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { migrateDatabase } from '../../src/db/migrate.ts'

const migrations = fileURLToPath(new URL('../../drizzle', import.meta.url))
const name = `upgrade_${randomBytes(6).toString('hex')}`
let url = ''
let client: Sql

/** A database as an earlier version left it. */
async function migrateTo(names: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'evalport-migrations-'))
  for (const each of names) await cp(join(migrations, each), join(folder, each), { recursive: true })
  await migrate(drizzle({ client }), { migrationsFolder: folder })
  await rm(folder, { recursive: true })
}

beforeAll(async () => {
  const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name}`)
  await admin.end()
  const address = new URL(inject('postgresUrl'))
  address.pathname = `/${name}`
  url = address.href
  client = postgres(url, { max: 1, onnotice: () => {} })
})
afterAll(async () => {
  await client.end({ timeout: 5 })
  const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`drop database if exists ${name} with (force)`)
  await admin.end()
})

it('keeps keys and jobs from before there were roles: the oldest good key runs the installation, the others their project', async () => {
  await migrateTo(['20261123132403_initial', '20261125065304_everything_left_behind'])
  await client`insert into projects (name) values ('default'), ('other')`
  const ids = [1, 2, 3].map((number) => `0199aaaa-0000-7000-8000-00000000000${number}`)
  for (const [index, id] of ids.entries()) {
    await client`insert into api_keys (id, project_id, prefix, secret_sha256, name, role, revoked_at) values
      (${id}, ${index === 2 ? 2 : 1}, ${`evp_0000000${index}`}, '\\x00', ${`key ${index}`}, 'admin', ${index === 0 ? '2026-11-01T00:00:00Z' : null})`
  }
  const job = '0199bbbb-0000-7000-8000-000000000001'
  const columns = [
    { field: 'model', header: 'model', type: 'text' },
    { field: 'id', header: 'id', type: 'text' },
  ]
  await client`insert into export_jobs (id, project_id, requested_by, spec, plan, snapshot, status) values
    (${job}, 1, ${ids[1]!}, '{}', ${client.json({ dataset: 'evaluation_results', columns, filter: [] })}, pg_current_snapshot(), 'QUEUED')`

  expect((await migrateDatabase(url))[0]).toMatch(/_who_may_see_what$/)

  expect(
    await client`select p.id, name, role, project_id, revoked_at is null as good, prefix
      from principals p join api_keys using (id) order by p.id`,
  ).toEqual([
    { id: ids[0], name: 'key 0', role: 'admin', project_id: 1, good: false, prefix: 'evp_00000000' },
    { id: ids[1], name: 'key 1', role: 'operator', project_id: 1, good: true, prefix: 'evp_00000001' },
    { id: ids[2], name: 'key 2', role: 'admin', project_id: 2, good: true, prefix: 'evp_00000002' },
  ])
  const [after] = await client`select plan, requested_by from export_jobs`
  expect(after).toEqual({
    requested_by: ids[1],
    plan: {
      dataset: 'evaluation_results',
      columns: columns.map((column) => ({ ...column, privacy: 'redact' })),
      filter: [],
      privacy: { personalData: 'redact', pseudonymScope: 'project', keyVersion: 1 },
      partBytes: 8_388_608,
    },
  })
  expect(await migrateDatabase(url)).toEqual([])
})
