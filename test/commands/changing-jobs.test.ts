import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestServer, type CliOptions } from '../support/cli.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { useTestDatabase } from '../support/database.ts'
import { useHeldClaims } from '../support/held-claims.ts'
import { until } from '../support/processes.ts'

const demo = fileURLToPath(new URL('../../demo/reports', import.meta.url))
const unknownJob = 'exp_00000000-0000-4000-8000-000000000000'
const database = useTestDatabase()
const server = useTestServer(database)
const whileHeld = useHeldClaims(database)
let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-changing-'))
  await server.cli(['ingest', demo, '-q'])
})
afterAll(() => rm(base, { recursive: true, force: true }))

const evalport = (args: string, options: CliOptions = {}) =>
  server.cli(args.split(' '), { cwd: base, ...options })
const start = (args: string) => server.start(args.split(' '), { cwd: base })
const jobCount = async () => Number((await database.client()`select count(*) from export_jobs`)[0]!['count'])
const artifactsOf = async (id: string) =>
  (await readdir(join(server.dataDir(), 'artifacts'))).filter((name) => name.includes(id.slice(4)))
const statusOf = async (id: string) =>
  (JSON.parse((await evalport(`status ${id} --json`)).stdout) as { status: string }).status

/** The id of an export that is there. */
async function finished(): Promise<string> {
  const { stdout } = await evalport('export results --json -q --force -o finished.csv')
  return (JSON.parse(stdout) as { id: string }).id
}

it(
  'cancels what waits; who waits for it is told, and it can be tried again',
  { timeout: 90_000 },
  async () => {
    let id = ''
    await whileHeld(async () => {
      const waiting = start('export results -o cancelled.csv')
      await until('the export waits', () => waiting.stderr().includes('waiting for a worker'))
      id = /export (\S+) started/.exec(waiting.stderr())![1]!
      expect(await evalport(`cancel ${id}`)).toMatchObject({
        code: 0,
        stdout: `${id} cancelled\n`,
        stderr: '',
      })
      const { code, stdout, stderr } = await waiting.ended()
      expect({ code, stdout }).toEqual({ code: 6, stdout: '' })
      expect(stderr).toContain(
        `✗ The export ${id} was cancelled. Nothing of it is kept.\n  Try it again: evalport retry ${id}\n  (EXPORT_FAILED, exit 6)\n`,
      )
      expect(existsSync(join(base, 'cancelled.csv'))).toBe(false)
      const again = await evalport(`cancel ${id} --json`)
      expect({ code: again.code, ...(JSON.parse(again.stdout) as object) }).toMatchObject({
        code: 0,
        id,
        status: 'CANCELLED',
      })
      const watched = await evalport(`status ${id} --watch`)
      expect(watched).toMatchObject({ code: 6 })
      expect(watched.stdout).toMatch(new RegExp(`^next +evalport retry ${id}$`, 'm'))
      expect(await evalport(`download ${id}`)).toMatchObject({ code: 6, stdout: '' })
      expect(await evalport(`retry ${id} --detach`)).toMatchObject({
        code: 0,
        stdout: `${id} queued\n`,
        stderr: '',
      })
    })
    expect(await evalport(`status ${id} --watch --json --progress none`)).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect(await evalport(`download ${id} -o tried-again.csv -q`)).toMatchObject({
      code: 0,
      stdout: 'tried-again.csv\n',
    })
  },
)

it('cancels what runs, and waits until it is over', { timeout: 90_000 }, async () => {
  const sql = await database.client().reserve()
  await sql`begin`
  await sql`lock table evaluation_results in access exclusive mode`
  try {
    const id = (await evalport('export results --detach')).stdout.trim()
    await until('the export runs', async () => (await statusOf(id)) === 'RUNNING')
    const { code, stdout, stderr } = await evalport(`cancel ${id} --json`)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ id, status: 'CANCELLED', rows: 0, sha256: null })
    await until('nothing is left of it', async () => (await artifactsOf(id)).length === 0)
  } finally {
    await sql`rollback`
    sql.release()
  }
})

it('waits for what is tried again, and says how to fetch it', { timeout: 90_000 }, async () => {
  let id = ''
  await whileHeld(async () => {
    id = (await evalport('export results --detach')).stdout.trim()
    await evalport(`cancel ${id}`)
  })
  const { code, stdout, stderr } = await evalport(`retry ${id}`)
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${id} succeeded\n` })
  expect(stderr).toContain(`evalport: fetch it with: evalport download ${id}\n`)
  const refused = await evalport(`retry ${id} --json`)
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' })
  expect(JSON.parse(refused.stderr)).toMatchObject({
    error: { code: 'CONFLICT', message: `The export ${id} is succeeded and need not be tried again.` },
  })
})

it('deletes files before their time, and says so of whatever comes after', { timeout: 90_000 }, async () => {
  const id = await finished()
  expect(await artifactsOf(id)).not.toEqual([])
  expect(await evalport(`delete ${id}`)).toMatchObject({ code: 0, stdout: `${id} expired\n`, stderr: '' })
  expect(await artifactsOf(id)).toEqual([])
  const again = await evalport(`delete ${id} --json`)
  expect(JSON.parse(again.stdout)).toMatchObject({ id, status: 'EXPIRED' })
  const download = await evalport(`download ${id} -o gone.csv`)
  expect({ code: download.code, stdout: download.stdout }).toEqual({ code: 1, stdout: '' })
  expect(download.stderr).toContain(`✗ The file of export ${id} is no longer kept.\n  Start the export again`)
  expect(download.stderr).toContain('(FILE_GONE, exit 1)')
  expect(existsSync(join(base, 'gone.csv'))).toBe(false)
  expect(JSON.parse((await evalport(`download ${id} --json`)).stderr)).toMatchObject({
    error: { code: 'FILE_GONE' },
  })
  expect(await evalport(`status ${id} --watch`)).toMatchObject({ code: 1 })
  expect((await evalport(`status ${id}`)).stdout).toMatch(/^gone since +\d{4}-/m)
  for (const command of ['retry', 'cancel'])
    expect(await evalport(`${command} ${id}`)).toMatchObject({ code: 2, stdout: '' })
})

it('refuses what it does not know with 1, and another’s export with 5', { timeout: 90_000 }, async () => {
  const id = await finished()
  const key = (await evalport('key create other --role analyst')).stdout.trim()
  const other = { env: { EVALPORT_API_KEY: key } }
  for (const command of ['cancel', 'retry', 'delete']) {
    const unknown = await evalport(`${command} ${unknownJob} --json`)
    expect([command, unknown.code, unknown.stdout]).toEqual([command, 1, ''])
    expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 'NOT_FOUND' } })
    const foreign = await evalport(`${command} ${id} --json`, other)
    expect([command, foreign.code, foreign.stdout]).toEqual([command, 5, ''])
    expect(JSON.parse(foreign.stderr)).toMatchObject({ error: { code: 'FORBIDDEN' } })
  }
  expect(await evalport(`download ${unknownJob}`)).toMatchObject({ code: 1, stdout: '' })
  expect(await statusOf(id)).toBe('SUCCEEDED')
})

it(
  'gives the same job to the same key and request, and refuses another request',
  { timeout: 90_000 },
  async () => {
    const jobs = await jobCount()
    const first = await evalport('export results --detach --json --idempotency-key nightly')
    const second = await evalport('export results --detach --json --idempotency-key nightly')
    const [one, two] = [first, second].map(({ stdout }) => JSON.parse(stdout) as { id: string })
    expect(one!.id).toMatch(/^exp_/)
    expect(two!.id).toBe(one!.id)
    const other = await evalport('export results --order desc --detach --json --idempotency-key nightly')
    expect([other.code, other.stdout]).toEqual([2, ''])
    expect(JSON.parse(other.stderr)).toMatchObject({ error: { code: 'CONFLICT' } })
    expect(await jobCount()).toBe(jobs + 1)
  },
)

it('lets the export go on after Ctrl-C, and says how to end it', { timeout: 90_000 }, async () => {
  await whileHeld(async () => {
    const waiting = start('export results -o interrupted.csv')
    await until('the export waits', () => waiting.stderr().includes('waiting for a worker'))
    waiting.child.kill('SIGINT')
    const { code, stderr } = await waiting.ended()
    expect(code).toBe(130)
    const [, id] = /or end it with: evalport cancel (\S+)\n/.exec(stderr)!
    expect(await statusOf(id!)).toBe('QUEUED')
    expect(await evalport(`cancel ${id!}`)).toMatchObject({ code: 0, stdout: `${id!} cancelled\n` })
  })
})

it(
  'sends its request once more when the answer is lost, and makes one job',
  { timeout: 90_000 },
  async () => {
    // Before its first byte, and in its body.
    for (const passed of [0, 1000]) {
      const jobs = await jobCount()
      let lost = 0
      const proxy = await startCuttingProxy(server.url(), (request) =>
        request.includes('mutation Start') && lost++ === 0 ? passed : undefined,
      )
      try {
        const env = { EVALPORT_URL: proxy.url, EVALPORT_API_KEY: server.key() }
        const { code, stdout } = await evalport(`export results --json -o lost-${passed}.csv`, { env })
        expect([passed, code]).toEqual([passed, 0])
        expect(JSON.parse(stdout)).toMatchObject({ status: 'SUCCEEDED', rows: 26 })
      } finally {
        await proxy.close()
      }
      expect(lost).toBe(2)
      expect(await jobCount()).toBe(jobs + 1)
    }
  },
)

it('sends it no third time', { timeout: 90_000 }, async () => {
  const jobs = await jobCount()
  const proxy = await startCuttingProxy(server.url(), (request) =>
    request.includes('mutation Start') ? 0 : undefined,
  )
  try {
    const env = { EVALPORT_URL: proxy.url, EVALPORT_API_KEY: server.key() }
    const { code, stdout, stderr } = await evalport('export results -o never.csv', { env })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('(UNAVAILABLE, exit 1)')
  } finally {
    await proxy.close()
  }
  expect(proxy.requests.filter((request) => request.includes('mutation Start'))).toHaveLength(2)
  expect(await jobCount()).toBe(jobs + 1)
})
