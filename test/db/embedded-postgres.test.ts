import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findNative } from '../../src/db/embedded/binaries.ts'
import {
  attachEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/db/embedded/embedded-postgres.ts'
import { openServerLog } from '../../src/db/embedded/log.ts'
import { freePort } from '../../src/db/embedded/port.ts'
import { awaitNoPostmaster } from '../../src/db/embedded/postmaster.ts'
import { startWatchdog } from '../../src/db/embedded/watchdog.ts'
import type { ParentAnswer } from '../support/embedded-postgres-parent.ts'
import { isRunning, kill, startScript, until, type Script } from '../support/processes.ts'

// Only watched, so that one test can have it answer with a port that is taken.
vi.mock(import('../../src/db/embedded/port.ts'), { spy: true })

const isRoot = process.getuid?.() === 0
/** A user without a name. */
const stranger = { uid: 12345, gid: 12345 }
const nobody = { uid: 65534, gid: 65534 }
const mayRunAs = (user: { uid: number; gid: number }) =>
  isRoot &&
  spawnSync(join(findNative(), 'bin', 'postgres'), ['--version'], { ...user, cwd: '/' }).status === 0
const settings = { fsync: 'off', full_page_writes: 'off' }

const servers: EmbeddedPostgres[] = []
const scripts: Script[] = []
const pids: number[] = []
let base: string
let folder: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-postgres-'))
  folder = join(base, 'postgres')
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  for (const { child } of scripts.splice(0)) kill(child.pid)
  const left = pids.splice(0).filter(isRunning)
  left.forEach(kill)
  await until('processes end', () => !left.some(isRunning))
  await rm(base, { recursive: true, force: true, maxRetries: 20 })
})

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, settings, ...options })
  servers.push(server)
  return server
}

/** A process of its own that starts a server. */
function startParent(options: { leave?: boolean; folder?: string } = {}, user = {}): Script {
  const script = startScript('embedded-postgres-parent.ts', { folder, settings, ...options }, user)
  scripts.push(script)
  return script
}

async function answerOf(parent: Script): Promise<ParentAnswer> {
  const answer = await parent.answer<ParentAnswer>()
  if (answer.error === undefined) pids.push(answer.pid, answer.watchdogPid, answer.bystander)
  return answer
}

async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return [...(await sql.unsafe<Row[]>(text))]
  } finally {
    await sql.end()
  }
}

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
/** Whether a halted process has been sent a signal. */
const isPending = (pid: number, signal: number) =>
  ((BigInt(`0x${statusOf(pid, 'ShdPnd')}`) >> BigInt(signal - 1)) & 1n) === 1n
async function halt(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  // Until then another signal may still get ahead of this one.
  await until('the process halts', () => statusOf(pid, 'State') === 'T')
}
const noProcess = (...numbers: (number | undefined)[]) =>
  until(
    `processes ${numbers.join(', ')} end`,
    () => !numbers.some((pid) => pid !== undefined && isRunning(pid)),
  )

describe('embedded Postgres', { timeout: 120_000 }, () => {
  it('makes a database that is closed to others and the same on every machine', async () => {
    const server = await start()
    const [facts] = await query(
      server.url,
      `select current_database() as name, current_user::text as role, datlocprovider, datlocale,
         pg_encoding_to_char(encoding) as encoding, current_setting('timezone') as timezone,
         current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
         current_setting('jit') as jit, current_setting('max_connections') as connections,
         current_setting('fsync') as fsync
       from pg_database where datname = current_database()`,
    )
    expect(facts).toEqual({
      name: 'evalport',
      role: 'evalport',
      datlocprovider: 'b',
      datlocale: 'C.UTF-8',
      encoding: 'UTF8',
      timezone: 'UTC',
      addresses: '127.0.0.1',
      sockets: '',
      jit: 'off',
      connections: '100',
      fsync: 'off',
    })
    await expect(query(server.url.replace(/:\w{64}@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    )
    const rules = await query<{ auth_method: string }>(
      server.url,
      'select distinct auth_method from pg_hba_file_rules',
    )
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }])
    expect(await modeOf(folder)).toBe('700')
    expect(await modeOf(join(folder, 'cluster'))).toBe('700')
    for (const file of ['password', 'postgres.log', 'runtime.json'])
      expect(await modeOf(join(folder, file))).toBe('600')
    expect((await readdir(folder)).sort()).toEqual(['cluster', 'password', 'postgres.log', 'runtime.json'])
  })

  it('stops without a trace, and keeps its data', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 42 as answer')
    const busy = postgres(first.url, { max: 1 })
    const sleeping = busy`select pg_sleep(600)`.catch(String)
    await until('the query runs', async () => {
      const rows = await query(
        first.url,
        "select 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()",
      )
      return rows.length === 1
    })
    await Promise.all([first.stop(), first.stop()])
    await first.stop()
    expect(isRunning(first.pid)).toBe(false)
    await noProcess(first.watchdogPid)
    expect(await first.exited).toMatchObject({
      code: 0,
      signal: null,
      lastLog: expect.stringContaining('database system is shut down'),
    })
    expect(await attachEmbeddedPostgres({ folder })).toBeUndefined()
    expect(await readdir(folder)).not.toContain('runtime.json')
    expect(await sleeping).toContain('CONNECTION_CLOSED')
    await busy.end({ timeout: 1 })

    const second = await start()
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  it('stops when its process is killed, and the next start waits for that', async () => {
    const parent = startParent()
    const { url, pid, watchdogPid, bystander } = await answerOf(parent)
    await query(url, 'create table kept as select 42 as answer')
    expect([pid, watchdogPid, bystander].every(isRunning)).toBe(true)
    // What a terminal sends to its group, or a service manager to all of the service, does not disarm it.
    for (const each of [pid, watchdogPid]) {
      expect(
        spawnSync('ps', ['-o', 'pgid=', '-p', `${each}`])
          .stdout.toString()
          .trim(),
      ).toBe(`${each}`)
    }
    process.kill(watchdogPid, 'SIGTERM')
    kill(parent.child.pid)
    const next = await start()
    expect(await query(next.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    await noProcess(pid, watchdogPid)
    expect(isRunning(bystander)).toBe(true)
  })

  it('stops even while it is in use when its process is killed', async () => {
    const parent = startParent()
    const { url, pid, watchdogPid } = await answerOf(parent)
    const busy = postgres(url, { max: 1 })
    const sleeping = busy`select pg_sleep(600)`.catch(String)
    await until('the query runs', async () => {
      const rows = await query(
        url,
        "select 1 from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()",
      )
      return rows.length === 1
    })
    kill(parent.child.pid)
    await noProcess(pid, watchdogPid)
    expect(await sleeping).toContain('CONNECTION_CLOSED')
    await busy.end({ timeout: 1 })
  })

  it('lets its process end by itself, and stops then', async () => {
    const parent = startParent({ leave: true })
    const ended = new Promise((resolve) => parent.child.once('exit', resolve))
    const { pid, watchdogPid } = await answerOf(parent)
    expect(await ended).toBe(0)
    await noProcess(pid, watchdogPid)
  })

  it.runIf(process.platform === 'linux')(
    'is stopped the hard way by its watchdog when it does not stop',
    async () => {
      const parent = startParent()
      const { pid, watchdogPid } = await answerOf(parent)
      process.kill(pid, 'SIGSTOP')
      kill(parent.child.pid)
      await until('SIGQUIT is sent', () => isPending(pid, constants.signals.SIGQUIT))
      process.kill(pid, 'SIGCONT')
      await noProcess(pid, watchdogPid)
    },
  )

  it.runIf(process.platform === 'linux')('is waited for while it is stopping', async () => {
    const parent = startParent()
    const { pid } = await answerOf(parent)
    await halt(pid)
    kill(parent.child.pid)
    const mark = join(folder, 'cluster', 'postmaster.pid')
    const marked = awaitNoPostmaster(join(folder, 'cluster')).then(() => existsSync(mark), String)
    await until('SIGINT is sent', () => isPending(pid, constants.signals.SIGINT))
    process.kill(pid, 'SIGCONT')
    expect(await marked).toBe(false)
    await noProcess(pid)
  })

  it('reports a server that was killed, and recovers', async () => {
    const first = await start()
    await query(first.url, 'create table kept as select 42 as answer')
    kill(first.pid)
    expect(await first.exited).toMatchObject({
      code: null,
      signal: 'SIGKILL',
      lastLog: expect.stringContaining('ready to accept'),
    })
    await noProcess(first.watchdogPid)
    expect(await attachEmbeddedPostgres({ folder })).toBeUndefined()
    await first.stop()
    const second = await start()
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
  })

  it('recovers when the number of a killed server has gone to another process', async () => {
    const first = await start()
    kill(first.pid)
    await first.exited
    const other = spawn('/bin/sleep', ['120'], { stdio: 'ignore' })
    pids.push(other.pid ?? 0)
    const file = join(folder, 'cluster', 'postmaster.pid')
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, `${other.pid}`))
    await start()
  })

  it('begins afresh after a first start that was killed half-way', async () => {
    const parent = startParent()
    await until('initdb is at work', async () => {
      const drafts = (await readdir(folder).catch(() => [])).filter((name) =>
        name.startsWith('initialising-'),
      )
      const contents = await Promise.all(
        drafts.map((name) => readdir(join(folder, name, 'cluster')).catch(() => [])),
      )
      return contents.some((names) => names.length > 0)
    })
    kill(parent.child.pid)
    expect(await readdir(folder)).not.toContain('cluster')
    const server = await start()
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    // The killed one's initdb may have been writing still.
    await until('its leavings are removed', async () => {
      await (await start()).stop()
      return !(await readdir(folder)).some((name) => name.startsWith('initialising-'))
    })
  })

  it('lets one of two first starts go on, and tells the other', async () => {
    const parents = [startParent(), startParent()]
    const answers = await Promise.all(parents.map(answerOf))
    const errors = answers.flatMap(({ error }) => error ?? [])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toContain('is already running on')
    const winner = answers.find(({ error }) => error === undefined)
    expect(await query(winner?.url ?? '', 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('tells a second start of the first, and lets others attach', async () => {
    const parent = startParent()
    const { url, pid } = await answerOf(parent)
    await expect(start()).rejects.toThrow(
      `A Postgres server (process ${pid}) is already running on ${join(folder, 'cluster')}: stop the evalport`,
    )
    expect(await attachEmbeddedPostgres({ folder })).toEqual({ url })
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('attaches to nothing else that got the port', async () => {
    const other = await start({ folder: join(base, 'other') })
    const server = await start()
    await server.stop()
    await writeFile(
      join(folder, 'runtime.json'),
      JSON.stringify({ pid: 1, port: Number(new URL(other.url).port) }),
    )
    expect(await attachEmbeddedPostgres({ folder })).toBeUndefined()
    expect(await attachEmbeddedPostgres({ folder: join(base, 'none') })).toBeUndefined()
  })

  it('takes another port when its first was taken meanwhile', async () => {
    const thief = createServer().listen(0, '127.0.0.1')
    try {
      await new Promise((resolve) => thief.once('listening', resolve))
      const { port } = thief.address() as AddressInfo
      vi.mocked(freePort).mockResolvedValueOnce(port)
      const server = await start()
      expect(Number(new URL(server.url).port)).not.toBe(port)
    } finally {
      thief.close()
    }
  })

  it('quotes Postgres when it does not start', async () => {
    const error = await start({ settings: { shared_buffers: 'plenty' } }).catch(String)
    expect(error).toContain(`Postgres on ${join(folder, 'cluster')} ended while starting (code 1)`)
    expect(error).toContain('invalid value for parameter "shared_buffers": "plenty"')
  })

  it('says which file is lost when the password is', async () => {
    await (await start()).stop()
    await rm(join(folder, 'password'))
    await expect(start()).rejects.toThrow(
      `has lost its password file ${join(folder, 'password')}: put it back`,
    )
  })

  it('makes library links and executable bits itself where the install left none', async () => {
    const native = join(base, 'package', 'native')
    await mkdir(join(native, 'bin'), { recursive: true })
    await mkdir(join(native, 'lib'))
    for (const name of ['postgres', 'initdb']) {
      await copyFile(join(findNative(), 'bin', name), join(native, 'bin', name))
      await chmod(join(native, 'bin', name), 0o644)
    }
    const list = await readFile(join(findNative(), 'pg-symlinks.json'), 'utf8')
    await writeFile(join(native, 'pg-symlinks.json'), list)
    await symlink(join(findNative(), 'share'), join(native, 'share'))
    const made = (JSON.parse(list) as { target: string }[]).map(({ target }) => target.split('/').at(-1))
    for (const name of await readdir(join(findNative(), 'lib'))) {
      if (!made.includes(name)) await symlink(join(findNative(), 'lib', name), join(native, 'lib', name))
    }
    const server = await start({ native })
    expect(await query(server.url, "select 'ä' collate unicode < 'b' as icu")).toEqual([{ icu: true }])
    expect((await readdir(join(folder, 'libraries'))).length).toBe(made.length)
  })

  it('is let alone by a watchdog that is told to leave', async () => {
    const other = spawn('/bin/sleep', ['120'], { stdio: 'ignore' })
    const pid = other.pid ?? 0
    const watchdog = startWatchdog(pid, folder)
    pids.push(pid)
    watchdog.leave()
    await noProcess(watchdog.pid)
    expect(isRunning(pid)).toBe(true)
  })

  it('says which platforms it is there for, and what to do elsewhere', () => {
    const missing = process.platform === 'darwin' ? 'linux-x64' : 'darwin-x64'
    expect(() => findNative('win32-x64')).toThrow(
      'no embedded Postgres for win32-x64 (only for linux-x64, linux-arm64, darwin-arm64, darwin-x64): set DATABASE_URL',
    )
    expect(() => findNative(missing)).toThrow(
      `@embedded-postgres/${missing} with the embedded Postgres is not installed`,
    )
  })

  it('keeps its log within bounds, and goes on appending', async () => {
    const path = join(base, 'postgres.log')
    await writeFile(path, 'old\n')
    await truncate(path, 5 * 1024 * 1024)
    const log = openServerLog(path)
    appendFileSync(log.fd, Array.from({ length: 30 }, (_, line) => `line ${line}\n`).join(''))
    expect(log.lastLines().split('\n')).toHaveLength(20)
    expect(log.lastLines()).toMatch(/^line 10\n[^]*line 29$/)
    log.close()
    expect((await stat(path)).size).toBeLessThan(1024)
    expect((await stat(`${path}.1`)).size).toBe(5 * 1024 * 1024)
    const again = openServerLog(path)
    expect(again.lastLines()).toBe('')
    again.close()
  })
})

describe('embedded Postgres as root', { timeout: 120_000 }, () => {
  it.runIf(isRoot && process.platform === 'linux')('keeps its files root’s in a user namespace', async () => {
    const server = await start({ rootMode: 'mapped' })
    expect((await stat(join(folder, 'cluster', 'PG_VERSION'))).uid).toBe(0)
    expect(await modeOf(base)).toBe('700')
    expect(await modeOf(folder)).toBe('700')
    expect(await readFile(`/proc/${server.pid}/comm`, 'utf8')).toBe('postgres\n')
    const [row] = await query<{ pid: number }>(
      server.url,
      "select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid",
    )
    expect(row?.pid).toBe(server.pid)
  })

  it.runIf(mayRunAs(nobody))('runs as nobody, and again as whom the database belongs to', async () => {
    const first = await start({ rootMode: 'nobody' })
    await query(first.url, 'create table kept as select 42 as answer')
    await first.stop()
    expect((await stat(join(folder, 'cluster', 'PG_VERSION'))).uid).toBe(nobody.uid)
    expect((await stat(join(folder, 'password'))).uid).toBe(0)
    expect(await modeOf(base)).toBe('710')
    expect(await modeOf(folder)).toBe('710')
    const second = await start()
    expect(await readFile(`/proc/${second.pid}/status`, 'utf8')).toMatch(/^Uid:\s+65534\s/m)
    expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }])
    await expect(startEmbeddedPostgres({ folder })).rejects.toThrow(`process ${second.pid}`)
  })

  it.runIf(mayRunAs(nobody))('hands over a database of root’s where only nobody can run it', async () => {
    await (await start({ rootMode: 'mapped' })).stop()
    await start({ rootMode: 'nobody' })
    expect((await stat(join(folder, 'cluster', 'base'))).uid).toBe(nobody.uid)
  })

  it.runIf(mayRunAs(nobody))('opens no folder that is not its own', async () => {
    const error = await start({ rootMode: 'nobody', folder: join(base, 'data', 'postgres') }).catch(String)
    expect(error).toContain(
      `(user 65534 may not enter ${base}, and it is not ours to open: keep the data folder`,
    )
    expect(await modeOf(base)).toBe('700')
  })

  it.runIf(mayRunAs(stranger))('leaves an ordinary user what is theirs, named or not', async () => {
    await chown(base, stranger.uid, stranger.gid)
    const first = startParent({}, stranger)
    const { pid, watchdogPid, error } = await answerOf(first)
    expect(error).toBeUndefined()
    expect((await answerOf(startParent({}, stranger))).error).toContain(`process ${pid}`)
    kill(first.child.pid)
    const second = await answerOf(startParent({}, stranger))
    expect(second.error).toBeUndefined()
    await noProcess(pid, watchdogPid)
    kill(scripts.at(-1)?.child.pid)
    await noProcess(second.pid, second.watchdogPid)
    const asRoot = await start()
    expect(await readFile(`/proc/${asRoot.pid}/status`, 'utf8')).toMatch(/^Uid:\s+12345\s/m)
    await asRoot.stop()
    await chown(join(folder, 'cluster'), 0, 0)
    expect((await answerOf(startParent({}, stranger))).error).toMatch(
      /belongs to user 0 and we are user 12345/,
    )
  })
})
