import { eq, sql } from 'drizzle-orm'
import { buildManifest, manifestText, type ManifestFacts } from '../artifacts/manifest.ts'
import { signManifest } from '../artifacts/manifest-signature.ts'
import { sumsText } from '../artifacts/sha256-sums.ts'
import { countKinds } from '../core/counts.ts'
import { manifestFileName } from '../core/manifest.ts'
import type { ExportProof, StoredFile } from '../core/proof.ts'
import { canonicalTime } from '../core/time.ts'
import { datasetById } from '../datasets/registry.ts'
import { exportJobs, projects } from '../db/schema/schema.ts'
import { formatterById } from '../formatters/registry.ts'
import type { ExportContext } from './context.ts'
import { attemptKey } from './discard.ts'
import { exportFileName } from './file-name.ts'
import type { Claim } from './job-status/claim.ts'
import type { Outcome } from './job-status/held.ts'
import type { Content, ExportPart } from './parts.ts'

/** What was written, before it is proven. */
export interface Written {
  readonly outcome: Omit<Outcome, 'proof'>
  readonly content: Content
  /** All of them, the last one too. */
  readonly parts: readonly ExportPart[]
}

/** Writes the signed manifest of a finished file, and the sums of both. */
export async function writeProof(
  context: ExportContext,
  claim: Claim,
  written: Written,
): Promise<ExportProof> {
  const facts = await factsOf(context, claim, written)
  const manifest = manifestText(signManifest(buildManifest(facts), context.manifests))
  const stored = await store(context, `${attemptKey(claim)}datapackage.json`, manifest)
  const sums = sumsText([
    { name: facts.file.name, sha256: facts.file.sha256 },
    { name: manifestFileName, sha256: stored.sha256 },
  ])
  return { manifest: stored, sums: await store(context, `${attemptKey(claim)}sha256sums`, sums) }
}

async function store(context: ExportContext, artifactKey: string, text: string): Promise<StoredFile> {
  const artifact = await context.artifacts.begin(artifactKey)
  try {
    await artifact.append(text)
    return { artifactKey, ...(await artifact.commit()) }
  } finally {
    await artifact.abort()
  }
}

async function factsOf(context: ExportContext, claim: Claim, written: Written): Promise<ManifestFacts> {
  const { plan } = claim
  const { outcome, content, parts } = written
  const [job] = await context.vital
    .select({
      createdAt: exportJobs.createdAt,
      startedAt: exportJobs.startedAt,
      now: sql<string>`now()::text`,
      spec: exportJobs.spec,
      project: projects.name,
    })
    .from(exportJobs)
    .innerJoin(projects, eq(projects.id, exportJobs.projectId))
    .where(eq(exportJobs.id, claim.id))
  const createdAt = canonicalTime(job!.createdAt)
  const finishedAt = canonicalTime(job!.now)
  const startedAt = job!.startedAt === null ? finishedAt : canonicalTime(job!.startedAt)
  return {
    job: { id: claim.id, createdAt, startedAt, finishedAt },
    project: job!.project,
    spec: job!.spec,
    plan,
    fields: datasetById(plan.dataset).fields,
    snapshot: { text: claim.snapshot, at: createdAt },
    file: {
      name: exportFileName(plan.dataset, plan.format, createdAt),
      bytes: outcome.bytes,
      sha256: outcome.sha256,
    },
    rows: outcome.rows,
    keys: { ...content.fold, first: content.firstId ?? null, last: lastId(content) },
    parts: parts.map((part) => ({ rows: part.content.rows, bytes: part.bytes, sha256: part.sha256 })),
    counts: outcome.counts,
    redactions: outcome.redactions,
    format: { id: plan.format, mediaType: formatterById(plan.format).mediaType, version: '1' },
    serverVersion: context.version,
    warnings: warningsOf(outcome),
  }
}

function lastId(content: Content): bigint | null {
  return content.last === undefined ? null : BigInt(content.last[1]!)
}

/** What a reader of the file should know. */
function warningsOf({ counts, redactions }: Written['outcome']): ManifestFacts['warnings'] {
  const sum = (numbers: readonly number[] | undefined) => (numbers ?? []).reduce((all, each) => all + each, 0)
  const changed = countKinds.flatMap((kind) => {
    const count = sum(counts[kind])
    return count > 0
      ? [{ code: `VALUES_${kind.toUpperCase()}`, message: `${count} ${kind}; see changes.` }]
      : []
  })
  const replaced = Object.values(redactions.counts).reduce((all, each) => all + sum(each), 0)
  if (replaced === 0) return changed
  return [
    ...changed,
    { code: 'VALUES_REDACTED', message: `${replaced} replaced for privacy; see redactions.` },
  ]
}
