import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'
import { useHeldClaims } from '../support/held-claims.ts'
import { until } from '../support/processes.ts'

const demo = fileURLToPath(new URL('../../demo/reports', import.meta.url))
const database = useTestDatabase()
const server = useTestServer(database)
const whileHeld = useHeldClaims(database)
let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-following-'))
  await server.cli(['ingest', demo, '-q'])
})
afterAll(() => rm(base, { recursive: true, force: true }))

const evalport = (args: string) => server.cli(args.split(' '), { cwd: base })
const start = (args: string) => server.start(args.split(' '), { cwd: base })

const hasFiles = async (folder: string) => (await readdir(folder)).length > 0

it('starts an export, prints its id and leaves; it is followed and downloaded by that id later', async () => {
  const detached = await evalport('export results --detach')
  expect(detached).toMatchObject({ code: 0, stderr: '' })
  const id = detached.stdout.trim()
  expect(id).toMatch(/^exp_[-0-9a-f]{36}$/)
  const watched = await evalport(`status ${id} --watch --json --progress json`)
  expect(watched.code).toBe(0)
  expect(JSON.parse(watched.stdout)).toMatchObject({ id, status: 'SUCCEEDED', rows: 26, failure: null })
  expect((await evalport(`status ${id}`)).stdout).toContain(`evalport download ${id}\n`)
  expect((await evalport('status')).stdout).toMatch(new RegExp(`^${id} .* succeeded +26 rows `, 'm'))
  expect(JSON.parse((await evalport('status --json')).stdout)).toMatchObject([{ id, status: 'SUCCEEDED' }])
  const download = await evalport(`download ${id} -o later.csv --json`)
  expect(JSON.parse(download.stdout)).toMatchObject({ id, rows: 26, path: 'later.csv' })
  const poured = await evalport(`download ${id} -o -`)
  expect(poured.stdout).toBe(await readFile(join(base, 'later.csv'), 'utf8'))
  const unknown = await evalport('status exp_0 --json')
  expect(unknown).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(unknown.stderr)).toMatchObject({ error: { code: 'NOT_FOUND' } })
})

it('ends with 8 when the time is up before the export is, which goes on', async () => {
  await whileHeld(async () => {
    const late = await evalport('export results -o late.csv --timeout 1s')
    expect(late).toMatchObject({ code: 8, stdout: '' })
    expect(late.stderr).toContain('evalport: waiting for a worker\n')
    const [, id] = /It goes on; get it later with: evalport download (\S+)/.exec(late.stderr)!
    expect(await evalport(`download ${id!} -o late.csv`)).toMatchObject({ code: 8, stdout: '' })
    expect(existsSync(join(base, 'late.csv'))).toBe(false)
  })
  expect(await evalport('status --watch')).toMatchObject({ code: 0 })
})

it('waits for longer than a timer can hold when it is told to', async () => {
  expect(await evalport('export results -o patient.csv --timeout 9999w -q')).toMatchObject({
    code: 0,
    stderr: '',
  })
})

it('lets the export go on after Ctrl-C, says how to follow it, and ends with 130', async () => {
  await whileHeld(async () => {
    const waiting = start('export results -o interrupted.csv')
    await until('the export waits', () => waiting.stderr().includes('waiting for a worker'))
    waiting.child.kill('SIGINT')
    const { code, stdout, stderr } = await waiting.ended()
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    const [, id] =
      /the export (\S+) goes on; follow it with: evalport status \S+ --watch\n.*evalport cancel \1\n$/.exec(
        stderr,
      )!
    expect(JSON.parse((await evalport(`status ${id!} --json`)).stdout)).toMatchObject({
      id,
      status: 'QUEUED',
    })
  })
})

it('gives up at Ctrl-C what it was still sending', async () => {
  const sending = server.start(['ingest', '/dev/zero'])
  const spool = join(server.dataDir(), 'spool')
  await until('the server receives', async () => existsSync(spool) && (await hasFiles(spool)))
  sending.child.kill('SIGINT')
  expect(await sending.ended()).toMatchObject({ code: 130, stdout: '' })
  await until('the server keeps nothing', async () => !(await hasFiles(spool)))
})

it('ends with 6 when the export fails, with the reason', async () => {
  const artifacts = join(server.dataDir(), 'artifacts')
  await rename(artifacts, `${artifacts}.away`)
  try {
    const failed = await evalport('export results -o failed.csv')
    expect(failed).toMatchObject({ code: 6, stdout: '' })
    const [, id] = /✗ The export (\S+) failed: .* \(EXPORT_FAILED\)/.exec(failed.stderr)!
    expect(await evalport(`download ${id!} --json`)).toMatchObject({ code: 6, stdout: '' })
    expect((await evalport(`status ${id!}`)).stdout).toMatch(/^failure /m)
    expect(existsSync(join(base, 'failed.csv'))).toBe(false)
  } finally {
    await rename(`${artifacts}.away`, artifacts)
  }
})

it('shows progress as JSON lines, plain lines, or not at all, and never on standard output', async () => {
  const json = await evalport('export results -o p1.csv --progress json')
  const lines = json.stderr.split('\n').filter((line) => line.startsWith('{'))
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ status: 'SUCCEEDED', rowsWritten: 26, percent: 100 })
  const plain = await evalport('export results -o p2.csv --progress plain')
  expect(plain.stderr).toContain('evalport: 100% 26/26 rows\n')
  const none = await evalport('export results -o p3.csv --progress none')
  expect(none.stderr.split('\n')).toHaveLength(3)
  expect([json, plain, none].map(({ stdout }) => stdout)).toEqual(['p1.csv\n', 'p2.csv\n', 'p3.csv\n'])
  const unknown = await evalport('export results -o p4.csv --progress loud')
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(unknown.stderr).toContain('It is one of auto, tty, plain, json, none.')
})
