import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Manifest } from '../../core/manifest.ts'
import { openRegularFile, readBytes } from './open-file.ts'
import { partDigests } from './part-digests.ts'
import type { VerifyProblem } from './problem.ts'
import { wrongParts } from './wrong-parts.ts'
import { rowReader, type RowReader, type RowsFound } from './row-reader.ts'

/** What reading the data file gave. */
export interface DataFindings {
  readonly problems: readonly VerifyProblem[]
  /** False for a format whose rows cannot be counted here, and for a file that could not be read. */
  readonly rowsCounted: boolean
  /** Of all of it; undefined: it was not read to its end. */
  readonly sha256: string | undefined
}

/**
 * Compares a data file with its manifest, in one pass: size, digest, each part, rows and columns. What stands behind the
 * promised bytes is not read, so that a huge file takes no longer than a right one.
 */
export async function checkDataFile(
  folder: string,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<DataFindings> {
  const [{ path: name, bytes, hash, schema, dialect, format }] = manifest.resources
  const { parts, rows } = manifest.evalport
  const opened = await openRegularFile(join(folder, name))
  if ('problem' in opened) {
    const missing: VerifyProblem = {
      kind: 'MISSING',
      file: name,
      message: `The data file ${opened.problem}.`,
      meaning: 'There is nothing to prove: fetch it again, or give it its name back if it was renamed.',
    }
    return { problems: [missing], rowsCounted: false, sha256: undefined }
  }
  const problems: VerifyProblem[] = []
  const found = { kind: 'SIZE', file: name } as const
  const whole = createHash('sha256')
  const pieces = partDigests(parts)
  const columns = schema.fields.map((field) => field.name)
  const table = guarded(() => rowReader(format, columns, dialect))
  let bytesRead = 0
  try {
    for await (const chunk of readBytes(opened.file, bytes)) {
      signal?.throwIfAborted()
      bytesRead += chunk.length
      whole.update(chunk)
      pieces.read(chunk)
      await table.read(chunk)
    }
  } finally {
    await opened.file.close()
  }
  if (opened.bytes > bytes) {
    problems.push({
      ...found,
      where: `behind byte ${bytes}`,
      message: `It has ${opened.bytes} bytes, and ${bytes} were written: ${opened.bytes - bytes} too many.`,
      meaning: 'Something was added at its end.',
    })
  } else if (bytesRead < bytes) {
    problems.push({
      ...found,
      where: `from byte ${bytesRead}`,
      message: `It has ${bytesRead} bytes, and ${bytes} were written: ${bytes - bytesRead} are missing.`,
      meaning: 'It is truncated: do not use it, fetch it again.',
    })
  }
  const sha256 = whole.digest('hex')
  if (`sha256:${sha256}` !== hash) {
    problems.push({
      ...found,
      kind: 'DIGEST',
      message: `Its SHA-256 is ${sha256}, and ${hash.slice('sha256:'.length)} was written.`,
      meaning: 'These are not the bytes that were exported.',
    })
  }
  problems.push(...wrongParts(manifest, pieces.end()))
  const content = await table.end()
  problems.push(...wrongRows(name, rows, content))
  return {
    problems,
    rowsCounted: content !== undefined && 'rows' in content,
    sha256: opened.bytes === bytesRead ? sha256 : undefined,
  }
}

function wrongRows(
  file: string,
  promised: number,
  found: RowsFound | { readonly broken: string } | undefined,
): VerifyProblem[] {
  if (found === undefined) return []
  if ('broken' in found) {
    return [
      {
        kind: 'FORMAT',
        file,
        where: found.broken,
        message: 'It cannot be read to its end by its format.',
        meaning: 'Its rows cannot be counted.',
      },
    ]
  }
  const problems: VerifyProblem[] = []
  if (found.rows !== promised) {
    problems.push({
      kind: 'ROWS',
      file,
      message: `It holds ${found.rows} rows, and ${promised} were written.`,
      meaning: found.rows < promised ? 'Rows are missing.' : 'There are rows that were not exported.',
    })
  }
  if (found.wrongColumns !== undefined) {
    problems.push({
      kind: 'COLUMNS',
      file,
      where: found.wrongColumns,
      message: 'Its columns are not those of the manifest.',
      meaning: 'Values may stand under other names than those they were exported under.',
    })
  }
  return problems
}

/** Goes on when the format is broken, since the digests must still be made; the end says where it broke. */
function guarded(start: () => RowReader | undefined) {
  let broken: string | undefined
  let reader: RowReader | undefined
  try {
    reader = start()
  } catch (error) {
    // A dialect that no parser takes.
    broken = (error as Error).message
  }
  const attempt = async <T>(step: () => T | Promise<T>): Promise<T | undefined> => {
    if (broken !== undefined) return undefined
    try {
      return await step()
    } catch (error) {
      broken = (error as Error).message
      return undefined
    }
  }
  return {
    read: (chunk: Uint8Array) => attempt(() => reader?.read(chunk)),
    async end(): Promise<RowsFound | { readonly broken: string } | undefined> {
      const found = await attempt(() => reader?.end())
      return broken === undefined ? found : { broken }
    },
  }
}
