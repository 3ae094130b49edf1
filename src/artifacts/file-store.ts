import { createHash, randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { startWriter } from './file-writer.ts'
import { copyParts } from './kept-parts.ts'
import type { ArtifactStore } from './store.ts'

const readSize = 256 * 1024
/** Of files that are being written: no key begins so. */
const partPrefix = '.part-'
/** What follows the key in their names, after a hyphen. */
const uuidLength = 36

/** Not blocking: of a pipe, the opening itself would wait for a writer. */
const reading = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Finished files as files of one private folder. */
export async function openFileStore(folder: string): Promise<ArtifactStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (key: string): string => {
    // Keys are ours; this guards against the day when one is not.
    if (!/^[a-z0-9][a-z0-9.-]{0,200}$/.test(key) || key.includes('..'))
      throw new Error(`not an artifact key: ${key}`)
    return join(folder, key)
  }
  const startFile = async (key: string): Promise<{ path: string; partPath: string; file: FileHandle }> => {
    const path = pathOf(key)
    const part = `${partPrefix}${key}-`
    await removeNames(folder, (name) => name.startsWith(part))
    const partPath = join(folder, part + randomUUID())
    return { path, partPath, file: await open(partPath, 'wx', 0o600) }
  }
  return {
    async begin(key) {
      const { path, partPath, file } = await startFile(key)
      return startWriter(path, partPath, { file, bytes: 0, hash: createHash('sha256') })
    },
    async resume(key, beginning, parts) {
      pathOf(beginning)
      // Also one that was made visible by an attempt that died before it could say so.
      const names = (await readdir(folder)).filter(
        (name) => name.startsWith(partPrefix + beginning) || name.startsWith(beginning),
      )
      for (const name of names) {
        const kept = await openRegular(join(folder, name))
        if (!kept) continue
        try {
          const { path, partPath, file } = await startFile(key)
          const copied = await copyParts(kept, file, parts).catch(async (error: unknown) => {
            await file.close()
            await rm(partPath, { force: true })
            throw error
          })
          if (copied) return startWriter(path, partPath, { file, ...copied })
          await file.close()
          await rm(partPath, { force: true })
        } finally {
          await kept.close()
        }
      }
      return undefined
    },
    async remove(beginning, kept) {
      pathOf(beginning)
      await removeNames(
        folder,
        (name) => (name.startsWith(beginning) && !kept?.has(name)) || name.startsWith(partPrefix + beginning),
      )
    },
    async list() {
      return (await readdir(folder)).map((name) =>
        name.startsWith(partPrefix)
          ? { key: name.slice(partPrefix.length, -uuidLength - 1), isWhole: false }
          : { key: name, isWhole: true },
      )
    },
    async open(key) {
      const file = await openRegular(pathOf(key))
      if (!file) return undefined
      const { size } = await file.stat()
      return { bytes: size, read: (start, end) => readFile(file, start, end), close: () => file.close() }
    },
  }
}

/** @throws Error for what is there but is no file */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  let file: FileHandle
  try {
    file = await open(path, reading)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const stats: Stats = await file.stat()
  if (stats.isFile()) return file
  await file.close()
  throw new Error(`${path} is not a regular file`)
}

/** Through one buffer for the whole file: buffers of large files would pile up faster than they are collected. */
async function* readFile(file: FileHandle, start: number, end: number): AsyncIterable<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.min(readSize, end - start))
  for (let at = start; at < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at)
    // It was cut since it was opened: what was promised cannot be sent.
    if (bytesRead === 0) throw new Error(`the file ended at byte ${at} of ${end}`)
    at += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

async function removeNames(folder: string, isTheirs: (name: string) => boolean): Promise<void> {
  const names = (await readdir(folder)).filter(isTheirs)
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })))
}
