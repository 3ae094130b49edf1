import fs, { fstatSync, renameSync, truncateSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/**
 * Loaded into a process before its program: ends or freezes it at one exact call on a file of the artifacts folder, or,
 * at SIGUSR2, wherever it is. What is asked for stands in FAULT, as JSON.
 */
export interface Fault {
  /** Absent: only at SIGUSR2. */
  readonly at?: {
    readonly call: 'open' | 'write' | 'datasync' | 'sync' | 'rename' | 'rm'
    /** What the path must match. */
    readonly file: string
    /** From 1. */
    readonly nth: number
    readonly when: 'before' | 'half' | 'after'
  }
  /** Power: what no flush has made durable is lost too, as when the machine stops. */
  readonly how: 'kill' | 'power' | 'freeze'
}

if (process.env['FAULT'] !== undefined) await arm(JSON.parse(process.env['FAULT']) as Fault)

async function arm({ at, how }: Fault): Promise<void> {
  /** How much of each file a flush has made durable. */
  const durable = new Map<string, number>()
  /** Renames that no flush of their folder has made durable. */
  const renames: { from: string; to: string }[] = []
  let seen = 0

  const strike = () => {
    if (how === 'power') {
      for (const { from, to } of renames.toReversed()) {
        if (fs.existsSync(to)) renameSync(to, from)
        durable.set(from, durable.get(to)!)
        durable.delete(to)
      }
      for (const [path, bytes] of durable) {
        if (fs.existsSync(path) && fs.statSync(path).size > bytes) truncateSync(path, bytes)
      }
    }
    process.kill(process.pid, how === 'freeze' ? 'SIGSTOP' : 'SIGKILL')
  }
  process.on('SIGUSR2', strike)

  /** Makes the call, and strikes if it is the one. */
  const around = async <Result>(
    call: NonNullable<Fault['at']>['call'],
    path: string,
    make: () => Promise<Result>,
    half?: () => Promise<unknown>,
  ): Promise<Result> => {
    const isIt = at?.call === call && new RegExp(at.file).test(path) && ++seen === at.nth
    if (isIt && at.when === 'before') strike()
    if (isIt && at.when === 'half') {
      await half?.()
      strike()
    }
    const result = await make()
    if (isIt && at.when === 'after') strike()
    return result
  }

  const promises = fs.promises
  const { open, rename, rm } = promises
  const watched = (file: FileHandle, path: string): FileHandle => {
    const write = file.write.bind(file) as (...args: unknown[]) => Promise<{ bytesWritten: number }>
    const datasync = file.datasync.bind(file)
    const sync = file.sync.bind(file)
    if (!durable.has(path) && fstatSync(file.fd).isFile()) durable.set(path, 0)
    const flush = async (make: () => Promise<void>) => {
      const { size } = fstatSync(file.fd)
      await make()
      durable.set(path, size)
    }
    return Object.assign(file, {
      write: (buffer: Uint8Array, offset: number, length: number, position: number) =>
        around(
          'write',
          path,
          () => write(buffer, offset, length, position),
          () => write(buffer, offset, length >> 1, position),
        ),
      datasync: () => around('datasync', path, () => flush(datasync)),
      sync: () =>
        around('sync', path, async () => {
          await sync()
          renames.length = 0
        }),
    })
  }
  promises.open = async (path, flags, mode) => {
    const name = String(path)
    const isArtifact = /\/artifacts(\/|$)/.test(name)
    // What is opened for reading is durable as it is: others wrote it.
    const isWritten = flags === 'wx' || flags === 'r'
    if (!isArtifact || !isWritten) return open(path, flags, mode)
    return around('open', name, async () => watched(await open(path, flags, mode), name))
  }
  promises.rename = (from, to) =>
    around('rename', String(to), async () => {
      await rename(from, to)
      renames.push({ from: String(from), to: String(to) })
      durable.set(String(to), durable.get(String(from)) ?? 0)
      durable.delete(String(from))
    })
  promises.rm = (path, options) => around('rm', String(path), () => rm(path, options))
  syncBuiltinESMExports()
}
