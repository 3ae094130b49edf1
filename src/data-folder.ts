import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What the running server tells of itself to one that is refused. */
export interface ServerInfo {
  readonly url?: string
}

/** The right to be the one server of a data folder. It ends with `release`, or with our process, however that ends. */
export interface DataFolderLock {
  /** Replaces what is told to others. */
  update(info: ServerInfo): void
  /** May be called again. */
  release(): void
}

/** The one folder in which everything of ours lives, closed to other users. */
export interface DataFolder {
  /** A path inside; without parts, the folder's own, absolute. */
  path(...parts: string[]): string
  /** Rejects when another server has the lock, naming its process, its age and its address. */
  lock(info: ServerInfo): Promise<DataFolderLock>
}

const lockName = 'server.lock'
const noteName = 'server.json'
/** Of one of the folder's starters at once, all but one give up; by then a dying holder's lock is free, too. */
const patience = 1_000

/** Opens the folder, making it when there is none. One that others may read is closed to them when it is ours. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const root = resolve(path)
  await mkdir(root, { recursive: true, mode: 0o700 }).catch((error: Error) => {
    throw new Error(
      `The data folder ${root} cannot be made: choose another path or give us the right to it.`,
      {
        cause: error,
      },
    )
  })
  await close(root)
  return {
    path: (...parts) => join(root, ...parts),
    lock: async (info) => takeLock(root, info),
  }
}

async function close(root: string): Promise<void> {
  const { mode, uid } = await stat(root)
  const user = process.getuid?.()
  if (user !== undefined && uid !== user) {
    throw new Error(
      `The data folder ${root} belongs to user ${uid} and we are user ${user}: start as that user, choose another folder, or give it to this one (chown -R ${user} ${root}).`,
    )
  }
  // Passing through stays as it is: the database may run as another user who needs that.
  if ((mode & 0o066) === 0) return
  const names = await readdir(root)
  if (names.length > 0 && !names.includes(lockName)) {
    throw new Error(
      `The data folder ${root} is open to other users and holds files that are not ours: choose a folder of its own, or close it yourself (chmod 700 ${root}).`,
    )
  }
  await chmod(root, mode & 0o7711)
}

/** Whatever is locked stays referenced: a database that is collected gives up its lock. */
const held = new Set<DatabaseSync>()

/*
 * The lock is the operating system's own, on a file, by way of SQLite, the one built-in module that takes such locks. So it
 * is gone the moment its process is, there is nothing stale to take over, and it holds across containers, in which process
 * numbers mean nothing. Nothing is written to the file. A process loses the lock when it closes any handle to the file, so
 * nothing else here may open it; the note beside it is for people.
 */
function takeLock(root: string, info: ServerInfo): DataFolderLock {
  const file = join(root, lockName)
  const note = join(root, noteName)
  let database: DatabaseSync
  try {
    database = new DatabaseSync(file, { timeout: patience })
  } catch (error) {
    throw unlockable(file, error)
  }
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    throw isBusy(error) ? new Error(describeHolder(root, note)) : unlockable(file, error)
  }
  held.add(database)
  chmodSync(file, 0o600)
  const since = new Date().toISOString()
  const update = ({ url }: ServerInfo) => {
    if (!held.has(database)) throw new Error(`The lock of the data folder ${root} is released.`)
    writeFileSync(`${note}.new`, JSON.stringify({ pid: process.pid, since, url }), { mode: 0o600 })
    renameSync(`${note}.new`, note)
  }
  update(info)
  return {
    update,
    release() {
      if (!held.delete(database)) return
      // First the note: afterwards it may be our successor's.
      rmSync(note, { force: true })
      database.close()
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

function unlockable(file: string, cause: unknown): Error {
  return new Error(
    `The data folder cannot be locked by ${file}: it must be a writable folder on a file system with locks.`,
    { cause },
  )
}

function describeHolder(root: string, note: string): string {
  const fix = 'stop that server first, or choose another data folder.'
  try {
    const { pid, since, url } = JSON.parse(readFileSync(note, 'utf8')) as Record<string, unknown>
    const where = typeof url === 'string' ? ` at ${url}` : ''
    return `Evalport already runs on the data folder ${root}: process ${String(pid)} since ${String(since)}${where}; ${fix}`
  } catch {
    return `Evalport already runs on the data folder ${root} (it has not said more yet); ${fix}`
  }
}
