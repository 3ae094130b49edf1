import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'

const readSize = 256 * 1024

/** A regular file, open for reading; or why there is none. */
export type OpenedFile = { readonly file: FileHandle; readonly bytes: number } | { readonly problem: string }

/**
 * Opens one of an export's files. Symbolic links are not followed: they stand for bytes that are elsewhere and may be
 * others tomorrow.
 */
export async function openRegularFile(path: string): Promise<OpenedFile> {
  let file: FileHandle
  try {
    // Not blocking: of a pipe, the opening itself would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return { problem: whyNot((error as NodeJS.ErrnoException).code ?? 'of an unknown reason') }
  }
  const stats = await file.stat()
  if (stats.isFile()) return { file, bytes: stats.size }
  await file.close()
  return { problem: 'is no regular file' }
}

function whyNot(code: string): string {
  if (code === 'ENOENT') return 'is not there'
  if (code === 'ELOOP') return 'is a symbolic link'
  return `cannot be read (${code})`
}

/** The file's bytes up to a number of them, through one buffer: each chunk must be used before the next is asked for. */
export async function* readBytes(file: FileHandle, end: number): AsyncIterable<Uint8Array> {
  const buffer = Buffer.allocUnsafe(readSize)
  for (let position = 0; position < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(readSize, end - position), position)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    position += bytesRead
  }
}

/** The whole of a small file; or why it cannot be had. */
export async function readSmallFile(
  path: string,
  maxBytes: number,
): Promise<{ readonly content: Buffer } | { readonly problem: string }> {
  const opened = await openRegularFile(path)
  if ('problem' in opened) return opened
  try {
    if (opened.bytes > maxBytes) return { problem: `is larger than ${maxBytes} bytes` }
    return { content: await opened.file.readFile() }
  } finally {
    await opened.file.close()
  }
}
