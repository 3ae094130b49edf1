import { chown, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded-postgres.ts'
import {
  isRoot,
  stranger,
  nobody,
  mayRunAs,
  scripts,
  base,
  folder,
  start,
  startParent,
  answerOf,
  query,
  modeOf,
  noProcess,
} from '../support/embedded-servers.ts'
import { kill } from '../support/processes.ts'

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
