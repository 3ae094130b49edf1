import { closeSync, constants, copyFileSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

const maximumBytes = 4 * 1024 * 1024
const checkEvery = 5_000

/** The file Postgres writes its messages to. It writes itself, so that what it says after our death is kept, too. */
export interface ServerLog {
  readonly fd: number
  /** What has been written since the log was opened: at most the last 20 lines. */
  lastLines(): string
  close(): void
}

/** Opens the log, readable by its owner only. It and its one predecessor (`.1`) are kept to a few MiB. */
export function openServerLog(path: string): ServerLog {
  const fd = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600)
  let begin = fstatSync(fd).size
  const bound = () => {
    if (fstatSync(fd).size < maximumBytes) return
    try {
      copyFileSync(path, `${path}.1`)
    } catch {
      // A full disk, most likely: then room is worth more than an old log.
    }
    // Truncated in place: Postgres holds this file open. Appending, it goes on at the new end.
    ftruncateSync(fd)
    begin = 0
  }
  bound()
  const timer = setInterval(bound, checkEvery).unref()
  return {
    fd,
    lastLines() {
      const { size } = fstatSync(fd)
      const from = Math.max(begin, size - 8192)
      const bytes = Buffer.alloc(Math.max(0, size - from))
      readSync(fd, bytes, 0, bytes.length, from)
      return bytes.toString('utf8').trimEnd().split('\n').slice(-20).join('\n')
    },
    close() {
      clearInterval(timer)
      closeSync(fd)
    },
  }
}
