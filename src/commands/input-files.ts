import { execFile } from 'node:child_process'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { AppError } from '../core/errors.ts'

/** A file to send. */
export interface InputFile {
  readonly path: string
  /** Whether it was named itself, not found in a folder that was. */
  readonly named: boolean
}

export interface InputFiles {
  readonly files: readonly InputFile[]
  /** What folders held beside them, by why it was left out. */
  readonly leftOut: readonly UnreadPath[]
  /** Folders within them that could not be looked into. */
  readonly unreadable: readonly UnreadPath[]
}

/** A path that was not read, and why. */
export interface UnreadPath {
  readonly path: string
  readonly why: string
}

const endings = new Set(['.md', '.json', '.jsonl', '.ndjson', '.csv'])

/**
 * The files that paths stand for, sorted within each folder. Links inside folders are not followed: they may lead out.
 * @throws AppError INVALID_INPUT naming every path that is not there
 */
export async function findInputFiles(paths: readonly string[]): Promise<InputFiles> {
  const files: InputFile[] = []
  const leftOut: UnreadPath[] = []
  const unreadable: UnreadPath[] = []
  const missing: string[] = []

  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
      unreadable.push({ path: folder, why: `cannot be read: ${error.message}` })
      return []
    })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name === '.git' || entry.name === 'node_modules')
          leftOut.push({ path, why: 'never holds reports' })
        else await walk(path)
      } else if (entry.isSymbolicLink()) leftOut.push({ path, why: 'a link, which is not followed' })
      else if (!entry.isFile()) leftOut.push({ path, why: 'not a regular file' })
      else if (!endings.has(extname(entry.name).toLowerCase()))
        leftOut.push({ path, why: 'its ending is of no known format' })
      else files.push({ path, named: false })
    }
  }
  for (const path of paths) {
    const stats = path === '-' ? undefined : await stat(path).catch(() => null)
    if (stats === null) missing.push(path)
    else if (stats?.isDirectory()) await walk(path)
    else files.push({ path, named: true })
  }
  if (missing.length > 0) {
    throw new AppError(
      'INVALID_INPUT',
      missing.map((path) => `There is no file or folder ${path}.`).join('\n'),
      {
        hint: 'Nothing was sent.',
      },
    )
  }
  return { files, leftOut, unreadable }
}

/**
 * A file's bytes as far as it goes now: one that grows meanwhile is read to where it ended, since it would never end.
 */
export async function openInput(path: string): Promise<Readable> {
  const file = await open(path)
  const stats = await file.stat()
  // Of pipes and the like no end is known before it comes.
  return file.createReadStream(stats.isFile() && stats.size > 0 ? { end: stats.size - 1 } : {})
}

/** When a file's records may have happened, best knowledge first: its last commit if it is unchanged since, else its time. */
export async function fileTime(path: string): Promise<{ time: string; source: 'git_commit' | 'file_mtime' }> {
  // A link's own time says nothing about what it leads to.
  const file = await realpath(path)
  const commit = await commitTime(file)
  if (commit !== undefined) return { time: commit, source: 'git_commit' }
  const { mtime } = await stat(file)
  return { time: mtime.toISOString(), source: 'file_mtime' }
}

const run = promisify(execFile)

/** A name is a name, whatever `*` or `:` is in it; a checkout is only looked at, and none of its programs are run. */
const gitManners = ['--literal-pathspecs', '--no-optional-locks', '-c', 'core.fsmonitor=false']

async function commitTime(path: string): Promise<string | undefined> {
  const git = async (...args: string[]) => {
    const all = [...gitManners, '-C', dirname(path), ...args, '--', basename(path)]
    return (await run('git', all, { timeout: 5000 })).stdout.trim()
  }
  try {
    if ((await git('status', '--porcelain', '--ignored')) !== '') return undefined
    const seconds = await git('log', '-1', '--format=%ct')
    return seconds === '' ? undefined : new Date(Number(seconds) * 1000).toISOString()
  } catch {
    // No git, or not in a checkout: the file's own time is what is known.
    return undefined
  }
}
