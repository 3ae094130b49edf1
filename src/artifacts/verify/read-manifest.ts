import { manifestSchema, manifestVersion, type Manifest } from '../../core/manifest.ts'
import { manifestText } from '../manifest.ts'
import type { VerifyProblem } from './problem.ts'

/** Deeper ones are none of ours, and would exhaust the stack. */
const maxDepth = 64

export interface ReadManifest {
  /** Undefined: it is none. */
  readonly manifest: Manifest | undefined
  readonly problems: readonly VerifyProblem[]
}

/** A manifest from its bytes, with all that is wrong with it by itself, but for the signature. */
export function readManifest(file: string, content: Buffer): ReadManifest {
  const found = (message: string, where?: string): VerifyProblem => ({
    kind: 'MANIFEST',
    file,
    ...(where !== undefined && { where }),
    message,
    meaning: 'The manifest was altered or is damaged: fetch it again.',
  })
  let json: unknown
  try {
    json = JSON.parse(content.toString())
  } catch {
    return { manifest: undefined, problems: [found('It is no JSON.')] }
  }
  if (isDeeperThan(maxDepth, json))
    return { manifest: undefined, problems: [found(`It is nested deeper than ${maxDepth}.`)] }
  const version = versionIn(json)
  if (typeof version === 'number' && version > manifestVersion) {
    const newer = `It has version ${version}, and this Evalport knows ${manifestVersion}: update Evalport to check it.`
    return { manifest: undefined, problems: [found(newer, 'evalport.manifestVersion')] }
  }
  const parsed = manifestSchema.safeParse(json)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) =>
      found(
        `It is not as a manifest must be: ${issue.message}.`,
        issue.path.join('.') || 'its outermost object',
      ),
    )
    return { manifest: undefined, problems }
  }
  // As it was read: of members that a schema may drop, the signature must know.
  const manifest = json as Manifest
  const problems = contradictions(manifest).map(([where, message]) => found(message, where))
  // Written again from what was read in it: names that occur twice differ too, which readers take differently.
  if (!content.equals(Buffer.from(manifestText(manifest))))
    problems.push(found('It is not byte for byte as it was written, though it may say the same.'))
  return { manifest, problems }
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member))
}

function versionIn(json: unknown): unknown {
  const block = (json as { evalport?: { manifestVersion?: unknown } | null } | null)?.evalport
  return block?.manifestVersion
}

/** Where what is told twice is told differently. */
function contradictions(manifest: Manifest): [where: string, message: string][] {
  const [resource] = manifest.resources
  const { rows, keys, parts, columns, encoder } = manifest.evalport
  const found: [string, string][] = []
  let bytes = 0
  let rowsInParts = 0
  for (const [index, part] of parts.entries()) {
    if (part.offset !== bytes)
      found.push([
        `evalport.parts.${index}`,
        `Part ${index + 1} begins at byte ${part.offset}, not ${bytes}.`,
      ])
    bytes = part.offset + part.bytes
    rowsInParts += part.rows
  }
  if (bytes !== resource.bytes)
    found.push(['evalport.parts', `The parts have ${bytes} bytes, and the file ${resource.bytes}.`])
  if (rowsInParts !== rows)
    found.push(['evalport.parts', `The parts have ${rowsInParts} rows, and the file ${rows}.`])
  if (keys.count !== String(rows))
    found.push(['evalport.keys.count', `${keys.count} keys were folded, of ${rows} rows.`])
  const headers = columns.map((column) => column.header)
  const names = resource.schema.fields.map((field) => field.name)
  if (headers.length !== names.length || headers.some((header, index) => header !== names[index]))
    found.push(['evalport.columns', 'The columns are not the fields of the schema.'])
  if (encoder.format !== resource.format)
    found.push(['evalport.encoder.format', `It is ${encoder.format}, and the file’s is ${resource.format}.`])
  return found
}
