import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { findNative } from '../../src/db/embedded/binaries.ts'
import { attachEmbeddedPostgres } from '../../src/db/embedded/embedded-postgres.ts'
import { openServerLog } from '../../src/db/embedded/log.ts'
import { freePort } from '../../src/db/embedded/port.ts'
import {
  pids,
  base,
  folder,
  start,
  startParent,
  answerOf,
  query,
  noProcess,
} from '../support/embedded-servers.ts'
import { startWatchdog } from '../../src/db/embedded/watchdog.ts'
import { isRunning, kill, until } from '../support/processes.ts'

// Only watched, so that one test can have it answer with a port that is taken.
vi.mock(import('../../src/db/embedded/port.ts'), { spy: true })

describe('embedded Postgres in trouble', { timeout: 120_000 }, () => {
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
