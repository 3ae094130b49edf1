import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../core/errors.ts'

/** A received file at rest. */
export interface SpooledFile {
  readonly sha256: string
  readonly bytes: number
  open(): AsyncIterable<Uint8Array>
  remove(): Promise<void>
}

/** Removes what a server that was killed had received. Only for the folder's one server, before it takes anything. */
export async function clearSpool(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}

/**
 * Receives a whole file before any of it is read, so that it has a digest, cannot change while it is read, and a sender
 * that goes away in the middle leaves nothing.
 * @throws AppError PAYLOAD_TOO_LARGE
 */
export async function spool(
  folder: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<SpooledFile> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  const remove = () => rm(path, { force: true })
  const file = await open(path, 'wx', 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new AppError(
          'PAYLOAD_TOO_LARGE',
          `The file is larger than ${maxBytes} bytes, the most that is taken in.`,
          {
            hint: 'Split it, or leave it out.',
          },
        )
      }
      hash.update(chunk)
      for (let offset = 0; offset < chunk.length;) offset += (await file.write(chunk, offset)).bytesWritten
    }
  } catch (error) {
    await file.close()
    await remove()
    throw error
  }
  await file.close()
  return { sha256: hash.digest('hex'), bytes, open: () => createReadStream(path), remove }
}
