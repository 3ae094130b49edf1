import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded-postgres.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'

/** The `native` folder of other binaries than the installed ones (`npm run test:postgres`). */
const native = process.env['EVALPORT_TEST_POSTGRES']

/** One real Postgres for the whole run, with a migrated template that each test file clones. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'evalport-test-'))
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' },
    ...(native !== undefined && { native }),
  })
  const admin = postgres(server.url, { max: 1, onnotice: () => {} })
  await admin`create database evalport_template`
  await admin.end()
  const template = new URL(server.url)
  template.pathname = '/evalport_template'
  await migrateDatabase(template.href)
  project.provide('postgresUrl', server.url)
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
