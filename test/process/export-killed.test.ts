import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { killLeftovers, runCli, startServe, stop, type ServeProcess } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { kill, until } from '../support/processes.ts'

const database = useTestDatabase()
const sql = () => database.client()
const rows = 25_000
let base: string
let folder: string

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-killed-'))
  folder = join(base, 'data')
})
afterAll(async () => {
  killLeftovers()
  await rm(base, { recursive: true, force: true })
})

const serve = (): Promise<ServeProcess> => startServe(folder, { DATABASE_URL: database.url() })
const cli = (...args: string[]) => runCli(args, { cwd: base, env: { EVALPORT_DATA_DIR: folder } })
const job = async (id: string) => (await sql()`select * from export_jobs where id = ${id.slice(4)}`)[0]!

/** Starts an export with small parts, so that there are dozens. */
async function start(): Promise<string> {
  await sql()`create or replace function small_parts() returns trigger language plpgsql as
    $$ begin new.plan := new.plan || '{"partBytes": 300000}'; return new; end $$`
  await sql()`create or replace trigger small_parts before insert on export_jobs for each row execute function small_parts()`
  const { stdout, stderr, code } = await cli('export', 'results', '--format', 'ndjson', '--detach')
  expect(code, stderr).toBe(0)
  return stdout.trim()
}

async function ended(id: string): Promise<void> {
  await until(`the export ${id} has ended`, async () =>
    ['SUCCEEDED', 'FAILED'].includes((await job(id))['status'] as string),
  )
}

it(
  'ends an export with the same bytes whenever its worker is killed, from the last part on',
  { timeout: 240_000 },
  async () => {
    let server = await serve()
    const [project] = await sql()`select id from projects`
    await insertGeneratedRows(sql(), project!['id'] as number, rows)
    const whole = await start()
    await ended(whole)
    const expected = await job(whole)
    expect(expected).toMatchObject({ status: 'SUCCEEDED', attempt: 1 })

    const id = await start()
    let attempts = 0
    for (const parts of [0, 1, 9]) {
      await until(`${parts} parts are committed`, async () => {
        const { attempt, parts_done: done } = await job(id)
        return (attempt as number) > attempts && (done as number) >= parts
      })
      kill(server.pid)
      await server.ended()
      attempts = (await job(id))['attempt'] as number
      if ((await job(id))['status'] === 'SUCCEEDED') break
      server = await serve()
    }
    await ended(id)
    const after = await job(id)
    expect(after).toMatchObject({
      status: 'SUCCEEDED',
      sha256: expected['sha256'],
      rows_written: String(rows),
      keys: expected['keys'],
    })
    expect(after['attempt']).toBeGreaterThan(1)
    const written =
      await sql()`select part, attempt from export_parts where job_id = ${id.slice(4)} order by part`
    expect(written.map(({ part }) => part as number)).toEqual(written.map((_, index) => index))
    expect(new Set(written.map(({ attempt }) => attempt as number)).size).toBeGreaterThan(1)

    const names = (await readdir(join(folder, 'artifacts'))).filter((name) => name.includes(id.slice(4)))
    expect(names.map((name) => name.split('.').at(-1)).sort()).toEqual(['json', 'ndjson', 'sha256sums'])
    const bytes = await readFile(
      join(
        folder,
        'artifacts',
        names.find((name) => name.endsWith('ndjson'))!,
      ),
    )
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected['sha256'])
    const saved = await mkdtemp(join(base, 'saved-'))
    expect((await cli('download', id, '--manifest', '-o', saved)).code).toBe(0)
    expect((await cli('verify', saved)).code).toBe(0)
    await stop(server)
  },
)
