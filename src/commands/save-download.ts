import { createHash, randomUUID } from 'node:crypto'
import { access, constants, link, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../core/errors.ts'
import { manifestFileName, sumsFileName } from '../core/manifest.ts'
import type { CommandContext } from './command-context.ts'
import { wholeBody } from './download-body.ts'
import type { JobState } from './job.ts'

export interface SaveOptions {
  /** A file, a folder, `-` for the output stream, or undefined for the server's name in this folder. */
  readonly output: string | undefined
  /** Replaces a file that is there. */
  readonly force: boolean
}

/** A file of a finished job. */
type Downloadable = Pick<NonNullable<JobState['file']>, 'name' | 'downloadUrl' | 'refusal'> & {
  /** What its bytes must come to, where that is told beside it. */
  readonly sha256?: string
}

/**
 * Fetches, beside a finished job's file, what proves it.
 * @param folder where the file was saved, under the server's name
 */
export async function saveProof(
  context: CommandContext,
  file: NonNullable<JobState['file']>,
  folder: string,
  force: boolean,
): Promise<void> {
  const { manifestUrl, sumsUrl, refusal } = file
  if (manifestUrl === null || sumsUrl === null) {
    throw new AppError('FILE_GONE', 'This export was made by a version that wrote no manifest.', {
      hint: 'Start it again.',
    })
  }
  for (const [name, downloadUrl] of [
    [manifestFileName, manifestUrl],
    [sumsFileName, sumsUrl],
  ] as const) {
    await saveDownload(context, { name, downloadUrl, refusal }, { output: join(folder, name), force })
  }
}

/** Refuses what a manifest, which names the file as the server does, could not prove. */
export async function checkProofTarget(options: SaveOptions): Promise<void> {
  const folder = options.output ?? '.'
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new AppError(
      'INVALID_INPUT',
      '--manifest takes a folder as --output: the manifest names the files in it.',
      {
        hint: 'Make a folder for the export, and give it as --output.',
      },
    )
  }
  for (const name of [manifestFileName, sumsFileName]) {
    const path = join(folder, name)
    if (!options.force && (await stat(path).catch(() => undefined))) throw alreadyThere(path)
  }
}

/**
 * Fetches a finished job's file and checks its digest before it gets its name.
 * @returns the file's path, or undefined when it went to the output stream
 * @throws AppError CHECKSUM_MISMATCH; a file is not kept then
 */
export async function saveDownload(
  context: CommandContext,
  file: Downloadable,
  options: SaveOptions,
): Promise<string | undefined> {
  if (options.output === '-') {
    await pour(context, file, (chunk) => writeOut(chunk))
    return undefined
  }
  const path = await targetPath(options, file.name)
  // Not after the file's name, which may be as long as names can be.
  const part = join(dirname(path), `.evalport-${randomUUID()}.part`)
  const handle = await open(part, 'wx', 0o600).catch((error: unknown) => {
    throw new AppError('INVALID_INPUT', `${path} cannot be written: ${(error as Error).message}.`, {
      cause: error,
    })
  })
  try {
    await pour(context, file, async (chunk) => {
      for (let offset = 0; offset < chunk.length;) offset += (await handle.write(chunk, offset)).bytesWritten
    })
    await handle.datasync()
    await handle.close()
    if (options.force) await rename(part, path)
    else await link(part, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(path)
    throw error
  } finally {
    await handle.close()
    await rm(part, { force: true })
  }
  return path
}

/** Refuses before any work is done what could not be saved afterwards. */
export async function checkTarget(options: SaveOptions): Promise<void> {
  if (options.output === '-') return
  const output = options.output ?? '.'
  const target = await stat(output).catch(() => undefined)
  const isFolder = target?.isDirectory() === true
  if (target && !isFolder) {
    // To replace a device would be its end.
    if (!target.isFile()) {
      throw new AppError('INVALID_INPUT', `${output} is not a regular file.`, {
        hint: 'Choose another name, or - for standard output.',
      })
    }
    if (!options.force) throw alreadyThere(output)
  }
  const folder = isFolder || output === '' || output.endsWith('/') ? output : dirname(output)
  const found = await stat(folder).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new AppError('INVALID_INPUT', `There is no folder ${folder || '""'}.`, { hint: 'Make it first.' })
  }
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw new AppError('INVALID_INPUT', `Nothing can be written into ${resolve(folder)}.`, { cause: error })
  })
}

async function targetPath(options: SaveOptions, name: string): Promise<string> {
  const output = options.output ?? '.'
  const target = await stat(output).catch(() => undefined)
  // The name is the server's; where it goes is not.
  return target?.isDirectory() ? join(output, basename(name)) : output
}

function alreadyThere(path: string): AppError {
  return new AppError('INVALID_INPUT', `${path} is there already.`, {
    hint: 'Choose another name, or add --force.',
  })
}

async function pour(
  context: CommandContext,
  file: Downloadable,
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  if (file.downloadUrl === null) {
    throw new AppError('FORBIDDEN', `You may not have this file. ${file.refusal ?? ''}`.trimEnd(), {
      hint: 'Export what you may see yourself, or ask an admin of the project for the permission.',
    })
  }
  const hash = createHash('sha256')
  for await (const chunk of wholeBody(context, file.downloadUrl)) {
    hash.update(chunk)
    await write(chunk)
  }
  const digest = hash.digest('hex')
  if (file.sha256 !== undefined && digest !== file.sha256) {
    throw new AppError(
      'CHECKSUM_MISMATCH',
      `The file that came has the digest ${digest}, and ${file.sha256} was promised.`,
      {
        hint: 'Download it again: evalport download.',
      },
    )
  }
}

async function writeOut(chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(chunk, (error?: NodeJS.ErrnoException | null) => {
      // The reader has seen enough (head): end without a word, as programs do that SIGPIPE ends.
      if (error?.code === 'EPIPE') process.exit(141)
      if (error) reject(error)
      else resolve()
    })
  })
}
