import { createHash, type Hash } from 'node:crypto'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ArtifactWriter, StoredPart } from './store.ts'

/** Where a writer stands: how many bytes there are, and their digest so far. */
export interface WriterStart {
  readonly file: FileHandle
  readonly bytes: number
  readonly hash: Hash
}

/** Writes a file beside its place, and renames it when it is whole. */
export function startWriter(path: string, partPath: string, start: WriterStart): ArtifactWriter {
  const { file, hash } = start
  let bytes = start.bytes
  let partStart = bytes
  let partHash = createHash('sha256')
  let writing: Promise<void> = Promise.resolve()
  let isOpen = true

  const write = async (chunk: Uint8Array, position: number): Promise<void> => {
    for (let offset = 0; offset < chunk.length;) {
      const { bytesWritten } = await file.write(chunk, offset, chunk.length - offset, position + offset)
      offset += bytesWritten
    }
  }
  const close = async (): Promise<void> => {
    isOpen = false
    await writing.catch(() => {})
    await file.close()
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
      writing = write(chunk, bytes)
      bytes += chunk.length
      // Awaited by the next call; until then a failure must not count as unhandled.
      writing.catch(() => {})
      hash.update(chunk)
      partHash.update(chunk)
    },
    async endPart(): Promise<StoredPart> {
      const part = { bytes: bytes - partStart, sha256: partHash.digest('hex') }
      partStart = bytes
      partHash = createHash('sha256')
      const written = writing
      await written
      await file.datasync()
      return part
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
    async suspend() {
      if (isOpen) await close()
    },
    async abort() {
      if (!isOpen) return
      await close()
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
