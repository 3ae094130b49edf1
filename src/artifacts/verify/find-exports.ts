import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../core/errors.ts'
import { manifestFileName, sumsFileName } from '../../core/manifest.ts'

/** Where proofs of exports stand: one folder, the names of its manifests and of its sums files. */
export interface ProofFolder {
  readonly folder: string
  readonly manifests: readonly string[]
  readonly sums: readonly string[]
  /** The one file that is asked about; undefined: all. */
  readonly only: string | undefined
}

/**
 * The folders with the proofs of what a path names: a folder, or one of the files of an export. In a folder without
 * proofs of its own, each of its folders is looked into.
 * @throws AppError INVALID_INPUT when there are none
 */
export async function findProofs(path: string): Promise<readonly ProofFolder[]> {
  const itself = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw unprovable(`${path} cannot be read (${error.code}).`, 'Give a folder, or a file of an export.')
  })
  if (itself.isDirectory() || (itself.isSymbolicLink() && (await isFolder(path)))) {
    const here = await proofsIn(path)
    const found = hasProofs(here) ? [here] : (await foldersIn(path)).filter(hasProofs)
    if (found.length > 0) return found
    throw unprovable(`There is no export in ${path} that could be proven.`, needed)
  }
  if (!itself.isFile()) throw unprovable(`${path} is no regular file.`, 'Give the file itself.')
  const name = basename(path)
  const here = await proofsIn(dirname(path))
  if (isSums(name)) {
    const own = here.manifests.filter((manifest) => sumsFilesOf(manifest).includes(name))
    return [{ ...here, manifests: own, sums: [name] }]
  }
  if (isManifest(name)) return [{ ...here, manifests: [name], only: name }]
  if (hasProofs(here)) return [{ ...here, only: name }]
  throw unprovable(`${path} by itself cannot be proven.`, needed)
}

const needed = `A proof takes the ${manifestFileName} of the export, in the same folder: download it too.`

export function unprovable(message: string, hint: string): AppError {
  return new AppError('INVALID_INPUT', message, { hint })
}

export function isManifest(name: string): boolean {
  return name === manifestFileName || name.endsWith(`.${manifestFileName}`)
}

/** The sums files that may tell of a manifest: the folder's, and that of its own name. */
export function sumsFilesOf(manifest: string): readonly string[] {
  return [sumsFileName, manifest.replace(manifestFileName, sumsFileName)]
}

function isSums(name: string): boolean {
  return name === sumsFileName || name.endsWith(`.${sumsFileName}`)
}

function hasProofs({ manifests, sums }: ProofFolder): boolean {
  return manifests.length > 0 || sums.length > 0
}

async function proofsIn(folder: string): Promise<ProofFolder> {
  // A name that is no UTF-8 comes altered, but none of ours is such.
  const names = (await readdir(folder)).sort()
  return { folder, manifests: names.filter(isManifest), sums: names.filter(isSums), only: undefined }
}

async function foldersIn(folder: string): Promise<ProofFolder[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.includes('\ufffd'))
  return await Promise.all(names.map((entry) => proofsIn(join(folder, entry.name))))
}

async function isFolder(path: string): Promise<boolean> {
  const target = await stat(path).catch(() => undefined)
  return target?.isDirectory() === true
}
