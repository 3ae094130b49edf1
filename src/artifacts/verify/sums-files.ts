import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { parseSums } from '../sha256-sums.ts'
import { openRegularFile, readBytes, readSmallFile } from './open-file.ts'
import type { VerifyProblem } from './problem.ts'

const maxSumsBytes = 16 * 1024 * 1024
const meaning = 'The sums were altered or are damaged: fetch them again.'

/** What the sums files of a folder say. */
export interface SumsFound {
  /** The digest of each name, and the sums file that says so. */
  readonly digests: ReadonlyMap<string, { readonly sha256: string; readonly sumsFile: string }>
  readonly problems: readonly VerifyProblem[]
}

export async function readSumsFiles(folder: string, names: readonly string[]): Promise<SumsFound> {
  const digests = new Map<string, { sha256: string; sumsFile: string }>()
  const problems: VerifyProblem[] = []
  for (const file of names) {
    const read = await readSmallFile(join(folder, file), maxSumsBytes)
    if ('problem' in read) {
      problems.push({ kind: 'SUMS', file, message: `The sums file ${read.problem}.`, meaning })
      continue
    }
    const { sums, badLines } = parseSums(read.content.toString())
    const found = (message: string, where?: string) =>
      problems.push({ kind: 'SUMS', file, ...(where !== undefined && { where }), message, meaning })
    for (const line of badLines) found('It is not as a line of sums is written.', `line ${line}`)
    if (sums.length + badLines.length === 0) found('It is empty.')
    for (const { name, sha256 } of sums) {
      if (basename(name) !== name || name === '.' || name === '..') {
        found(`${JSON.stringify(name)} is in another folder, and was not looked for.`)
      } else if (digests.has(name)) {
        found(`${JSON.stringify(name)} has more than one sum.`)
      } else {
        digests.set(name, { sha256, sumsFile: file })
      }
    }
  }
  return { digests, problems }
}

/** Compares a file that no manifest tells of with its sum. */
export async function checkSum(
  folder: string,
  file: string,
  sha256: string,
  signal: AbortSignal | undefined,
): Promise<VerifyProblem[]> {
  const opened = await openRegularFile(join(folder, file))
  if ('problem' in opened) {
    return [
      {
        kind: 'MISSING',
        file,
        message: `The file ${opened.problem}.`,
        meaning: 'Its sum proves nothing without it: fetch it again, or give it its name back.',
      },
    ]
  }
  const hash = createHash('sha256')
  try {
    for await (const chunk of readBytes(opened.file, opened.bytes)) {
      signal?.throwIfAborted()
      hash.update(chunk)
    }
  } finally {
    await opened.file.close()
  }
  return wrongSum(file, hash.digest('hex'), sha256)
}

/** Nothing when both are the same. */
export function wrongSum(file: string, is: string, promised: string): VerifyProblem[] {
  if (is === promised) return []
  const message = `Its SHA-256 is ${is}, and its sum says ${promised}.`
  return [{ kind: 'DIGEST', file, message, meaning: 'Either the file or its sum was altered.' }]
}
