import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { describe, expect, it } from 'vitest'
import { attachEmbeddedPostgres } from '../../src/db/embedded/embedded-postgres.ts'
import { awaitNoPostmaster } from '../../src/db/embedded/postmaster.ts'
import {
  pids,
  folder,
  start,
  startParent,
  answerOf,
  query,
  modeOf,
  isPending,
  halt,
  noProcess,
} from '../support/embedded-servers.ts'
import { isRunning, kill, until } from '../support/processes.ts'

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
})
