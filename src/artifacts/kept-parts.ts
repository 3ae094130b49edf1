import { createHash, type Hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { StoredPart } from './store.ts'

const readSize = 1024 * 1024

/**
 * Copies the parts that an earlier writer kept from one file to another, and compares each with its digest on the way.
 * @returns the digest of all of it so far, or undefined when a part is not there whole
 */
export async function copyParts(
  from: FileHandle,
  to: FileHandle,
  parts: readonly StoredPart[],
): Promise<{ readonly bytes: number; readonly hash: Hash } | undefined> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(readSize)
  let position = 0
  for (const part of parts) {
    const partHash = createHash('sha256')
    const end = position + part.bytes
    while (position < end) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(readSize, end - position), position)
      if (bytesRead === 0) return undefined
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      partHash.update(chunk)
      for (let offset = 0; offset < bytesRead;) {
        const { bytesWritten } = await to.write(chunk, offset, bytesRead - offset, position + offset)
        offset += bytesWritten
      }
      position += bytesRead
    }
    if (partHash.digest('hex') !== part.sha256) return undefined
  }
  return { bytes: position, hash }
}
