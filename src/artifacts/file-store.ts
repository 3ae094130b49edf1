import { createHash, randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArtifactStore, ArtifactWriter } from './store.ts'

const readSize = 256 * 1024
/** Of files that are being written: no key begins so. */
const partPrefix = '.part-'

/** Finished files as files of one private folder. */
export async function openFileStore(folder: string): Promise<ArtifactStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = (key: string): string => {
    // Keys are ours; this guards against the day when one is not.
    if (!/^[a-z0-9][a-z0-9.-]{0,200}$/.test(key) || key.includes('..'))
      throw new Error(`not an artifact key: ${key}`)
    return join(folder, key)
  }
  return {
    async begin(key) {
      const path = pathOf(key)
      const part = `${partPrefix}${key}-`
      await removeNames(folder, (name) => name.startsWith(part))
      return startWriter(path, join(folder, part + randomUUID()))
    },
    async remove(beginning) {
      pathOf(beginning)
      await removeNames(
        folder,
        (name) => name.startsWith(beginning) || name.startsWith(partPrefix + beginning),
      )
    },
    async open(key) {
      let file: FileHandle
      try {
        // Not blocking: of a pipe, the opening itself would wait for a writer.
        file = await open(pathOf(key), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
      const stats: Stats = await file.stat()
      if (!stats.isFile()) {
        await file.close()
        throw new Error(`the artifact ${key} is not a regular file`)
      }
      return { bytes: stats.size, body: readFile(file), close: () => file.close() }
    },
  }
}

/** Through one buffer for the whole file: buffers of large files would pile up faster than they are collected. */
async function* readFile(file: FileHandle): AsyncIterable<Uint8Array> {
  const buffer = Buffer.allocUnsafe(readSize)
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, readSize)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

async function removeNames(folder: string, isTheirs: (name: string) => boolean): Promise<void> {
  const names = (await readdir(folder)).filter(isTheirs)
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })))
}

async function startWriter(path: string, partPath: string): Promise<ArtifactWriter> {
  const file = await open(partPath, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  let writing: Promise<void> = Promise.resolve()
  let isOpen = true

  const write = async (chunk: Uint8Array): Promise<void> => {
    for (let offset = 0; offset < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, offset)
      offset += bytesWritten
    }
  }
  return {
    get bytes() {
      return bytes
    },
    async append(content) {
      const chunk = typeof content === 'string' ? Buffer.from(content) : content
      if (chunk.length === 0) return
      // One write at a time is under way while the next chunk is made.
      await writing
      bytes += chunk.length
      writing = write(chunk)
      // Awaited by the next call; until then a failure must not count as unhandled.
      writing.catch(() => {})
      hash.update(chunk)
    },
    async commit() {
      await writing
      await file.datasync()
      await file.close()
      await rename(partPath, path)
      isOpen = false
      await syncFolder(dirname(path))
      return { bytes, sha256: hash.digest('hex') }
    },
    async abort() {
      if (!isOpen) return
      isOpen = false
      await writing.catch(() => {})
      await file.close()
      await rm(partPath, { force: true })
    },
  }
}

/** A rename is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
