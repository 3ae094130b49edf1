import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Manifest } from '../../core/manifest.ts'
import { isSignatureWhole } from '../manifest-signature.ts'
import { sumsFilesOf, type ProofFolder } from './find-exports.ts'
import { readSmallFile } from './open-file.ts'
import type { VerifyProblem } from './problem.ts'
import { readManifest } from './read-manifest.ts'
import { wrongSum, type SumsFound } from './sums-files.ts'

const maxManifestBytes = 128 * 1024 * 1024

/** A manifest, or what stands in its place. */
export interface OpenedManifest {
  readonly name: string
  readonly manifest: Manifest | undefined
  readonly problems: readonly VerifyProblem[]
}

/** Reads a manifest, and compares it with its sum. */
export async function openManifest(
  { folder, sums: sumsFiles }: ProofFolder,
  sums: SumsFound,
  name: string,
): Promise<OpenedManifest> {
  const read = await readSmallFile(join(folder, name), maxManifestBytes)
  if ('problem' in read) {
    const missing: VerifyProblem = {
      kind: 'MISSING',
      file: name,
      message: `The manifest ${read.problem}.`,
      meaning: 'Without it, nothing says what the export should be: fetch it again.',
    }
    return { name, manifest: undefined, problems: [missing] }
  }
  const { manifest, problems } = readManifest(name, read.content)
  const digest = createHash('sha256').update(read.content).digest('hex')
  const sum = sums.digests.get(name)
  if (!sum) return { name, manifest, problems: [...withoutSum(sumsFiles, name, name), ...problems] }
  const isItself = manifest !== undefined && problems.length === 0 && isSignatureWhole(manifest)
  const differing =
    isItself && sum.sha256 !== digest
      ? [
          otherSum(
            sum,
            name,
            digest,
            'The manifest agrees with its signature, so the sums do not belong to it.',
          ),
        ]
      : wrongSum(name, digest, sum.sha256)
  return { name, manifest, problems: [...differing, ...problems] }
}

/** A sum that contradicts what is known better. */
export function otherSum(
  { sha256, sumsFile }: { readonly sha256: string; readonly sumsFile: string },
  name: string,
  known: string,
  meaning: string,
): VerifyProblem {
  const message = `Its sum for ${JSON.stringify(name)} is ${sha256}, and ${known} was expected.`
  return { kind: 'SUMS', file: sumsFile, message, meaning }
}

/** A file of an export without a sum, where there are sums for the export. */
export function withoutSum(sumsFiles: readonly string[], manifest: string, file: string): VerifyProblem[] {
  const responsible = sumsFilesOf(manifest).find((name) => sumsFiles.includes(name))
  if (responsible === undefined) return []
  return [
    {
      kind: 'SUMS',
      file: responsible,
      message: `There is no sum for ${JSON.stringify(file)}.`,
      meaning: 'The sums were altered, or are those of another export.',
    },
  ]
}
