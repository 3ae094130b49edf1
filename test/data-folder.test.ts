import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDataFolder } from '../src/data-folder.ts'
import type { ContenderAnswer } from './support/data-folder-contender.ts'
import { isRunning, kill, startScript, until, type Script } from './support/processes.ts'

const isRoot = process.getuid?.() === 0
const scripts: Script[] = []
let base: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-data-folder-'))
})
afterEach(async () => {
  for (const { child } of scripts.splice(0)) kill(child.pid)
  await rm(base, { recursive: true, force: true })
})

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

async function startContender(path: string, url?: string): Promise<Script> {
  const script = startScript('data-folder-contender.ts', { path, url })
  scripts.push(script)
  expect(await script.answer<ContenderAnswer>()).toEqual({ state: 'ready' })
  return script
}

function contend(script: Script): Promise<ContenderAnswer> {
  script.say('try')
  return script.answer<ContenderAnswer>()
}

async function killAndWait({ child }: Script): Promise<void> {
  const { pid } = child
  kill(pid)
  await until('the killed process ends', () => pid === undefined || !isRunning(pid))
}

describe('opening a data folder', () => {
  it('makes it with its ancestors, for its owner only', async () => {
    const folder = await openDataFolder(join(base, 'a', 'b'))
    expect(folder.path('x', 'y.txt')).toBe(join(base, 'a', 'b', 'x', 'y.txt'))
    expect(await modeOf(folder.path())).toBe('700')
  })

  it('closes an open one of ours, and leaves the way through it that the database may need', async () => {
    const path = join(base, 'open')
    await mkdir(path)
    await chmod(path, 0o777)
    await openDataFolder(path)
    expect(await modeOf(path)).toBe('711')
    await writeFile(join(path, 'something'), '')
    await chmod(path, 0o710)
    await openDataFolder(path)
    expect(await modeOf(path)).toBe('710')
  })

  it('closes one with files in it only when they are ours', async () => {
    const path = join(base, 'used')
    const folder = await openDataFolder(path)
    await writeFile(join(path, 'something'), '')
    await chmod(path, 0o755)
    await expect(openDataFolder(path)).rejects.toThrow(`chmod 700 ${path}`)
    expect(await modeOf(path)).toBe('755')
    ;(await folder.lock({})).release()
    await openDataFolder(path)
    expect(await modeOf(path)).toBe('711')
  })

  it.runIf(isRoot)("refuses another user's", async () => {
    const path = join(base, 'theirs')
    await mkdir(path)
    await chown(path, 12345, 12345)
    await expect(openDataFolder(path)).rejects.toThrow(/belongs to user 12345 and we are user 0: .*chown/)
  })

  it('says which path cannot be made', async () => {
    await writeFile(join(base, 'file'), '')
    await expect(openDataFolder(join(base, 'file'))).rejects.toThrow(/data folder .*file cannot be made/)
  })
})

describe('the lock of a data folder', { timeout: 60_000 }, () => {
  it('refuses a second server and tells it of the first', async () => {
    const path = join(base, 'data')
    const folder = await openDataFolder(path)
    const lock = await folder.lock({})
    const contender = await startContender(path)
    const { state, message } = await contend(contender)
    expect(state).toBe('lost')
    expect(message).toMatch(
      new RegExp(`already runs on the data folder ${path}: process ${process.pid} since 2\\d{3}-.*Z; stop`),
    )
    lock.update({ url: 'http://127.0.0.1:4000' })
    expect((await contend(contender)).message).toContain(' at http://127.0.0.1:4000; ')
    await expect(folder.lock({})).rejects.toThrow('already runs')
    expect(await modeOf(join(path, 'server.lock'))).toBe('600')
    expect(await modeOf(join(path, 'server.json'))).toBe('600')

    lock.release()
    lock.release()
    expect(() => lock.update({})).toThrow('released')
    await expect(readFile(join(path, 'server.json'))).rejects.toThrow('ENOENT')
    expect(await contend(contender)).toEqual({ state: 'won' })
  })

  it('stays when nobody keeps a reference to it', async () => {
    const path = join(base, 'data')
    await (await openDataFolder(path)).lock({})
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    collect()
    expect((await contend(await startContender(path))).state).toBe('lost')
  })

  it("goes to the next when its holder was killed, even if the holder's number lives on as another process", async () => {
    const path = join(base, 'data')
    const first = await startContender(path, 'http://127.0.0.1:4000')
    expect(await contend(first)).toEqual({ state: 'won' })
    await killAndWait(first)
    const note = join(path, 'server.json')
    await writeFile(note, (await readFile(note, 'utf8')).replace(`${first.child.pid}`, `${process.pid}`))
    expect(await contend(await startContender(path))).toEqual({ state: 'won' })
  })

  it('goes to exactly one of twenty that race for a killed one’s', { timeout: 120_000 }, async () => {
    const path = join(base, 'data')
    const holder = await startContender(path)
    expect(await contend(holder)).toEqual({ state: 'won' })
    await killAndWait(holder)
    const contenders = await Promise.all(Array.from({ length: 20 }, () => startContender(path)))
    for (let round = 0; round < 6; round++) {
      const answers = await Promise.all(contenders.map(contend))
      const winner = answers.findIndex(({ state }) => state === 'won')
      expect(answers.filter(({ state }) => state === 'won')).toHaveLength(1)
      const [killed] = contenders.splice(winner, 1)
      if (killed) await killAndWait(killed)
      contenders.push(await startContender(path))
    }
  })
})
