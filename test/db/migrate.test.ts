import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { runCli } from '../support/cli.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const name = `test_${randomBytes(6).toString('hex')}`
let url: string
let base: string

async function asAdmin(statement: string): Promise<void> {
  const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
  await admin.unsafe(statement)
  await admin.end()
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-migrate-'))
  await asAdmin(`create database ${name}`)
  const address = new URL(inject('postgresUrl'))
  address.pathname = `/${name}`
  url = address.href
})
afterAll(async () => {
  await asAdmin(`drop database if exists ${name} with (force)`)
  await rm(base, { recursive: true, force: true })
})

const migrate = (folder = 'data') =>
  runCli(['migrate', '--json'], { env: { DATABASE_URL: url, EVALPORT_DATA_DIR: join(base, folder) } })

it('is done by one of many processes that begin at once; the others wait, and have nothing to do', async () => {
  const results = await Promise.all(Array.from({ length: 6 }, (_, index) => migrate(`data-${index}`)))
  expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    results.map(() => ({ code: 0, stderr: '' })),
  )
  const known = (await readdir(new URL('../../drizzle', import.meta.url))).filter((each) => /^\d/.test(each))
  const applied = results.map(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied)
  expect(applied.sort((a, b) => b.length - a.length)).toEqual([known.sort(), [], [], [], [], []])
})

it('is refused on a database that a newer version has migrated', async () => {
  const client = postgres(url, { max: 1 })
  await client`insert into drizzle.__drizzle_migrations (hash, created_at, name) values ('x', 1, '20990101000000_later')`
  await client.end()
  const migrated = await migrate()
  expect(migrated).toMatchObject({ code: 1, stdout: '' })
  expect(migrated.stderr).toContain('migrations that this version does not know (20990101000000_later)')
  const served = await runCli(['serve'], {
    env: { DATABASE_URL: url, EVALPORT_PORT: '0', EVALPORT_DATA_DIR: join(base, 'data') },
  })
  expect(served).toMatchObject({ code: 1, stdout: '' })
  expect(served.stderr).toContain('it was migrated by a newer Evalport')
})
