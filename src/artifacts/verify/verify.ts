import { join, relative } from 'node:path'
import type { Manifest } from '../../core/manifest.ts'
import { checkDataFile } from './data-file.ts'
import { findProofs, isManifest, sumsFilesOf, unprovable, type ProofFolder } from './find-exports.ts'
import { openManifest, otherSum, withoutSum, type OpenedManifest } from './open-manifest.ts'
import type { VerifyProblem } from './problem.ts'
import { checkSignature, type ExpectedKey } from './public-key.ts'
import { checkSum, readSumsFiles, type SumsFound } from './sums-files.ts'

/** An export whose manifest could be read. */
export interface VerifiedExport {
  readonly manifest: string
  readonly data: string
  readonly job: string
  readonly dataset: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  /** The instant that it shows. */
  readonly snapshotAt: string
  /** Of the key that the manifest names. */
  readonly keyId: string
}

export interface VerifyReport {
  /** True when nothing is wrong. */
  readonly whole: boolean
  /** Whether the signer was compared with a key that was given. */
  readonly signerChecked: boolean
  readonly exports: readonly VerifiedExport[]
  readonly problems: readonly VerifyProblem[]
  /** What was not checked, and why. */
  readonly notes: readonly string[]
}

interface Asking {
  readonly expected: ExpectedKey | undefined
  readonly signal: AbortSignal | undefined
}

/** What one folder gave. */
interface Findings {
  readonly exports: VerifiedExport[]
  readonly problems: VerifyProblem[]
  readonly notes: string[]
}

/**
 * Checks all that can be known of finished exports without a server: sums, manifest, signature, bytes, parts, rows and
 * columns. It finds every problem, not only the first.
 * @param path a folder, or a data file, manifest or sums file
 * @throws AppError INVALID_INPUT when there is nothing that could be proven; the signal's reason when it is aborted
 */
export async function verifyExports(
  path: string,
  expected: ExpectedKey | undefined,
  signal?: AbortSignal,
): Promise<VerifyReport> {
  const proofs = await findProofs(path)
  const all: Findings = { exports: [], problems: [], notes: [] }
  for (const proof of proofs) {
    const found = await verifyFolder(proof, { expected, signal })
    // With several folders, names alone would not say which.
    const inside = proofs.length > 1 ? relative(path, proof.folder) : ''
    all.exports.push(
      ...found.exports.map((each) => ({
        ...each,
        manifest: join(inside, each.manifest),
        data: join(inside, each.data),
      })),
    )
    all.problems.push(...found.problems.map((each) => ({ ...each, file: join(inside, each.file) })))
    all.notes.push(...found.notes)
  }
  return { whole: all.problems.length === 0, signerChecked: expected !== undefined, ...all }
}

async function verifyFolder(proof: ProofFolder, asking: Asking): Promise<Findings> {
  const { folder, only } = proof
  const sums = await readSumsFiles(folder, proof.sums)
  const names = new Set([...proof.manifests, ...[...sums.digests.keys()].filter(isManifest)])
  if (names.size === 0 && sums.problems.length === 0) {
    throw unprovable(
      `${folder} has sums, but no manifest.`,
      'Sums alone prove nothing: whoever alters a file can make new ones.',
    )
  }
  const manifests = await Promise.all([...names].sort().map((name) => openManifest(proof, sums, name)))
  const asked = only === undefined ? manifests : manifestsOf(only, manifests, sums)
  if (asked.length === 0 && only !== undefined) throw notNamed(folder, only, manifests)
  // Asked about one export, the sums of others are no matter.
  const own = new Set(only === undefined ? proof.sums : asked.flatMap(({ name }) => sumsFilesOf(name)))
  const found: Findings = {
    exports: [],
    problems: sums.problems.filter(({ file }) => own.has(file)),
    notes: [],
  }
  const told = new Set<string>(names)
  for (const each of asked) {
    found.problems.push(...each.problems)
    if (!each.manifest) continue
    told.add(each.manifest.resources[0].path)
    await verifyExport(proof, sums, each.name, each.manifest, asking, found)
  }
  for (const [name, { sha256 }] of sums.digests) {
    if (told.has(name) || (only !== undefined && only !== name)) continue
    found.problems.push(...(await checkSum(folder, name, sha256, asking.signal)))
  }
  return found
}

/** The manifests of one file; where none names it, those that are damaged and may have. */
function manifestsOf(only: string, manifests: readonly OpenedManifest[], sums: SumsFound) {
  const own = manifests.filter((each) => each.name === only || each.manifest?.resources[0].path === only)
  if (own.length > 0) return own
  const sumsFile = sums.digests.get(only)?.sumsFile
  return manifests.filter(({ name, manifest, problems }) => {
    const isTogether = sumsFile !== undefined && sums.digests.get(name)?.sumsFile === sumsFile
    return problems.length > 0 && (isTogether || manifest === undefined)
  })
}

function notNamed(folder: string, only: string, manifests: readonly OpenedManifest[]) {
  const names = manifests.flatMap(({ manifest }) => manifest?.resources[0].path ?? [])
  return unprovable(
    `No manifest in ${folder} is that of ${only}.`,
    names.length === 0
      ? 'Download the manifest of its export into the same folder.'
      : `There are those of ${names.join(', ')}: if it is one of these, give it its name back.`,
  )
}

async function verifyExport(
  { folder, sums: sumsFiles }: ProofFolder,
  sums: SumsFound,
  name: string,
  manifest: Manifest,
  { expected, signal }: Asking,
  found: Findings,
): Promise<void> {
  const [{ path: data, bytes, hash, format }] = manifest.resources
  const { job, dataset, rows, snapshot, signature } = manifest.evalport
  const sha256 = hash.slice('sha256:'.length)
  found.exports.push({
    manifest: name,
    data,
    job: job.id,
    dataset,
    rows,
    bytes,
    sha256,
    snapshotAt: snapshot.at,
    keyId: signature.keyId,
  })
  found.problems.push(...checkSignature(name, manifest, expected))
  const sum = sums.digests.get(data)
  if (!sum) found.problems.push(...withoutSum(sumsFiles, name, data))
  else if (sum.sha256 !== sha256)
    found.problems.push(
      otherSum(sum, data, sha256, 'The manifest says otherwise: one of the two was altered.'),
    )
  const checked = await checkDataFile(folder, manifest, signal)
  found.problems.push(...checked.problems)
  if (!checked.rowsCounted && checked.problems.length === 0)
    found.notes.push(`The rows of ${data} were not counted: this Evalport does not read ${format}.`)
  if (!sumsFilesOf(name).some((each) => sumsFiles.includes(each)))
    found.notes.push(`There are no sums for ${name}: its own words were checked by its signature alone.`)
  if (!expected) {
    found.notes.push(
      `${name} is signed by the key ${signature.keyId}; whose that is was not checked, since no key was given.`,
    )
  }
}
