import { execFile } from 'node:child_process'
import { lstat, readdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
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
  readonly leftOut: readonly { readonly path: string; readonly why: string }[]
}

const endings = new Set(['.md', '.json', '.jsonl', '.ndjson'])

/**
 * The files that paths stand for, sorted within each folder. Links inside folders are not followed: they may lead out.
 * @throws AppError INVALID_INPUT naming every path that is not there
 */
export async function findInputFiles(paths: readonly string[]): Promise<InputFiles> {
  const files: InputFile[] = []
  const leftOut: { path: string; why: string }[] = []
  const missing: string[] = []

  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true })
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
    const stats = path === '-' ? undefined : await lstat(path).catch(() => null)
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
  return { files, leftOut }
}

/** When a file's records may have happened, best knowledge first: its last commit if it is unchanged since, else its time. */
export async function fileTime(path: string): Promise<{ time: string; source: 'git_commit' | 'file_mtime' }> {
  const commit = await commitTime(path)
  if (commit !== undefined) return { time: commit, source: 'git_commit' }
  const { mtime } = await lstat(path)
  return { time: mtime.toISOString(), source: 'file_mtime' }
}

const run = promisify(execFile)

async function commitTime(path: string): Promise<string | undefined> {
  const git = async (...args: string[]) =>
    (await run('git', ['-C', dirname(path), ...args, '--', basename(path)], { timeout: 5000 })).stdout.trim()
  try {
    if ((await git('status', '--porcelain', '--ignored')) !== '') return undefined
    const seconds = await git('log', '-1', '--format=%ct')
    return seconds === '' ? undefined : new Date(Number(seconds) * 1000).toISOString()
  } catch {
    // No git, or not in a checkout: the file's own time is what is known.
    return undefined
  }
}
