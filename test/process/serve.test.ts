import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { killLeftovers, runCli, startCli, startServe, stop } from '../support/cli.ts'
import { isRunning, kill, until } from '../support/processes.ts'

const demo = fileURLToPath(new URL('../../demo/reports', import.meta.url))

let base: string
let folder: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-serve-'))
  folder = join(base, 'data')
})
const postmasters: number[] = []
afterAll(async () => {
  killLeftovers()
  postmasters.filter(isRunning).forEach(kill)
  await rm(base, { recursive: true, force: true })
})

/** The number of the running Postgres of the folder. */
async function postmaster(path = folder): Promise<number> {
  const { pid } = JSON.parse(await readFile(join(path, 'postgres/runtime.json'), 'utf8')) as { pid: number }
  expect(isRunning(pid)).toBe(true)
  postmasters.push(pid)
  return pid
}

const modeOf = async (...parts: string[]) => ((await stat(join(folder, ...parts))).mode & 0o777).toString(8)
const env = () => ({ EVALPORT_DATA_DIR: folder })
const keyLine = /^evalport: (evp_\w+)$/m

// In order: each starts on the folder that the one before has left.
describe('a server with its own Postgres', { timeout: 60_000 }, () => {
  it('makes an admin key at its first start, prints it, and keeps it where only its user can read it', async () => {
    const server = await startServe(folder)
    const [, key] = keyLine.exec(server.stderr())!
    expect(await readFile(join(folder, 'admin.key'), 'utf8')).toBe(`${key!}\n`)
    expect([await modeOf('admin.key'), await modeOf('link-signing.key')]).toEqual(['600', '600'])
    // 710 where Postgres runs as another user, who has to pass through.
    expect(await modeOf()).toMatch(/^7[01]0$/)
    expect(server.stdout()).toBe('')
    const health = await fetch(`${server.url}/healthz`)
    expect({ status: health.status, body: await health.json() }).toEqual({
      status: 200,
      body: { status: 'ok' },
    })

    const second = await runCli(['serve'], { env: { ...env(), EVALPORT_PORT: '0' } })
    expect(second).toMatchObject({ code: 1, stdout: '' })
    expect(second.stderr).toContain(
      `Evalport already runs on the data folder ${folder}: process ${server.pid} since `,
    )
    expect(second.stderr).toContain(` at ${server.url}; stop that server first`)
    expect(await runCli(['ingest', demo, '-q'], { env: env() })).toMatchObject({ code: 0 })

    const pid = await postmaster()
    expect(await stop(server)).toMatchObject({ code: 0, stdout: '' })
    expect(isRunning(pid)).toBe(false)
    await expect(stat(join(folder, 'server.json'))).rejects.toThrow('ENOENT')
  })

  it('does not print the key again, and a worker beside it runs exports of the same folder', async () => {
    const server = await startServe(folder)
    expect(server.stderr()).not.toMatch(/evp_/)
    const worker = startCli(['worker'], { env: { ...env(), EVALPORT_LOG_LEVEL: 'info' } })
    await until('the worker works', () => worker.stderr().includes('working on the exports of'))
    const authorization = `Bearer ${(await readFile(join(folder, 'admin.key'), 'utf8')).trim()}`
    const startExport = () =>
      fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({
          query: `mutation { startExport(input: { source: { evaluationResults: {} }, format: CSV }) { __typename } }`,
        }),
      })
    await until('the worker takes an export', async () => {
      await Promise.all(Array.from({ length: 8 }, startExport))
      return worker.stderr().includes('the export starts')
    })
    expect(await stop(worker)).toMatchObject({ code: 0 })
    const pid = await postmaster()
    expect(await stop(server, 'SIGINT')).toMatchObject({ code: 0 })
    expect(isRunning(pid)).toBe(false)
  })

  it('leaves no Postgres when it is killed, and what a sender had begun is cleared away at the next start', async () => {
    const server = await startServe(folder)
    const pid = await postmaster()
    const sender = startCli(['ingest', '/dev/zero'], { env: env() })
    const spool = join(folder, 'spool')
    await until('the server receives', async () => (await readdir(spool).catch(() => [])).length > 0)
    await stop(server, 'SIGKILL')
    kill(sender.pid)
    await until('Postgres ends', () => !isRunning(pid))

    const next = await startServe(folder)
    await expect(stat(spool)).rejects.toThrow('ENOENT')
    await postmaster()
    await stop(next)
  })

  it('ends with 1 and says so when its Postgres is killed', async () => {
    const server = await startServe(folder)
    kill(await postmaster())
    const { code, stderr } = await server.ended()
    expect(code).toBe(1)
    expect(stderr).toContain('✗ The embedded Postgres ended by itself (SIGKILL), so this server ends too.')
  })

  it('names the port that is taken, and leaves nothing running', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    try {
      const { code, stderr } = await runCli(['serve'], { env: { ...env(), EVALPORT_PORT: `${port}` } })
      expect(code).toBe(1)
      expect(stderr).toContain(`✗ Port ${port} on 127.0.0.1 is taken by another program. Set EVALPORT_PORT`)
      await expect(stat(join(folder, 'server.json'))).rejects.toThrow('ENOENT')
      await expect(stat(join(folder, 'postgres/runtime.json'))).rejects.toThrow('ENOENT')
    } finally {
      other.close()
    }
  })

  it('says that a worker needs a running server', async () => {
    const { code, stderr } = await runCli(['worker'], { env: env() })
    expect(code).toBe(1)
    expect(stderr).toContain(`No database runs on ${folder}. Start evalport serve on it first`)
  })
})

it('migrates a new database, says what that took, and has nothing to do the next time', async () => {
  const other = { env: { EVALPORT_DATA_DIR: join(base, 'migrated') } }
  const first = await runCli(['migrate'], other)
  expect(first).toMatchObject({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/^(applied \d{14}_\w+\n)+$/)
  expect(await runCli(['migrate'], other)).toMatchObject({ code: 0, stdout: 'nothing to do\n' })
  expect(await runCli(['migrate', '--json'], other)).toMatchObject({ code: 0, stdout: '{"applied":[]}\n' })
})
