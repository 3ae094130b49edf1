import type { ArtifactWriter } from '../artifacts/store.ts'
import { storedFold, type KeyFold } from '../core/key-fold.ts'
import type { Encoder } from '../formatters/formatter.ts'
import { formatterById } from '../formatters/registry.ts'
import type { ExportContext } from './context.ts'
import { attemptKey } from './discard.ts'
import { checkComplete, expectRows } from './expected-rows.ts'
import type { Claim } from './job-status/claim.ts'
import { commitPart, forgetParts, type Outcome } from './job-status/held.ts'
import {
  isCommitted,
  loadParts,
  noContent,
  together,
  withBatch,
  type Content,
  type ExportPart,
} from './parts.ts'
import type { RunReport } from './progress.ts'
import { readBatches } from './read.ts'
import { untilItPasses } from './transient.ts'
import { takeTurns, type Turns } from './turns.ts'
import { writeProof } from './write-proof.ts'

/** Raised when bytes of the same plan come out otherwise than before: parts of another version are not gone on with. */
const writerVersion = 1

/** An export being written, from the beginning or from its last durable part on. */
interface Writing {
  readonly artifact: ArtifactWriter
  readonly artifactKey: string
  readonly maker: string
  readonly encoder: Encoder
  readonly parts: ExportPart[]
  /** What is in the parts. */
  done: Content
  /** What came after them. */
  open: Content
  /** How long the artifact was when the last part ended. */
  partStart: number
  /** Parts are committed one after the other, while the next one is written. */
  committing: Promise<void>
}

/**
 * Writes a claimed export to the end of its file. The bytes are the plan's alone: whoever writes them, in however many
 * attempts.
 * @throws the signal's reason, with the parts so far durable and kept; AppError INCOMPLETE when the file does not hold what
 * an independent count says
 */
export async function writeArtifact(
  context: ExportContext,
  claim: Claim,
  report: RunReport,
  signal: AbortSignal,
): Promise<Outcome> {
  const turns = takeTurns()
  try {
    return await writeInTurns(context, claim, { report, signal, turns })
  } finally {
    turns.end()
  }
}

async function writeInTurns(
  context: ExportContext,
  claim: Claim,
  { report, signal, turns }: { report: RunReport; signal: AbortSignal; turns: Turns },
): Promise<Outcome> {
  const expected = expectRows(context, claim, report, signal)
  const writing = await beginOrResume(context, claim, signal)
  const { artifact, encoder } = writing
  try {
    report.wrote(writing.done.rows, artifact.bytes)
    if (artifact.bytes === 0) await artifact.append(encoder.head())
    const from = { after: writing.done.last, signal }
    for await (const batch of readBatches(context, claim.plan, claim, from)) {
      const rowsBefore = writing.done.rows + writing.open.rows
      const encoded = encoder.rows(batch, BigInt(rowsBefore))
      await artifact.append(encoded.bytes)
      writing.open = withBatch(writing.open, batch, encoded.counts)
      report.wrote(rowsBefore + batch.rows.length, artifact.bytes)
      if (artifact.bytes - writing.partStart >= claim.plan.partBytes) {
        await endPart(context, claim, writing, signal)
      }
      await turns.next(rowsBefore + batch.rows.length, signal)
    }
    signal.throwIfAborted()
    await writing.committing
    report.finishing()
    return await finish(context, claim, writing, await expected())
  } catch (error) {
    // What is durable is gone on with by the next attempt; after a fault that is final, it is cleared away with the job.
    await writing.committing.catch(() => {})
    await artifact.suspend()
    throw error
  }
}

async function finish(
  context: ExportContext,
  claim: Claim,
  writing: Writing,
  expected: KeyFold,
): Promise<Outcome> {
  const { artifact, encoder, artifactKey } = writing
  const all = together(writing.done, writing.open)
  await artifact.append(encoder.tail(BigInt(all.rows)))
  checkComplete(all.fold, expected)
  const last = await artifact.endPart()
  const parts = last.bytes > 0 ? [...writing.parts, { ...last, content: writing.open }] : writing.parts
  const { bytes, sha256 } = await artifact.commit()
  const outcome = {
    rows: all.rows,
    bytes,
    sha256,
    artifactKey,
    counts: all.counts,
    redactions: { rules: context.privacy.rules.version, counts: all.redactions },
    keys: storedFold(all.fold),
  }
  return { ...outcome, proof: await writeProof(context, claim, { outcome, content: all, parts }) }
}

async function beginOrResume(context: ExportContext, claim: Claim, signal: AbortSignal): Promise<Writing> {
  const { plan } = claim
  const formatter = formatterById(plan.format)
  const encoder = formatter.encoder({ dataset: plan.dataset, columns: plan.columns }, plan.formatOptions)
  const artifactKey = `${attemptKey(claim)}${formatter.extension}`
  const maker = `${writerVersion} ${context.privacy.rules.version}`
  const resumed = await resume(context, claim, { artifactKey, maker, signal })
  const parts = [...(resumed?.parts ?? [])]
  const artifact = resumed?.artifact ?? (await context.artifacts.begin(artifactKey))
  return {
    artifact,
    artifactKey,
    maker,
    encoder,
    parts,
    done: parts.reduce((sum, part) => together(sum, part.content), noContent),
    open: noContent,
    partStart: artifact.bytes,
    committing: Promise.resolve(),
  }
}

async function resume(
  context: ExportContext,
  claim: Claim,
  { artifactKey, maker, signal }: { artifactKey: string; maker: string; signal: AbortSignal },
): Promise<{ artifact: ArtifactWriter; parts: readonly ExportPart[] } | undefined> {
  if (claim.partsDone === 0) return undefined
  const asking = { log: context.log, job: claim.id, signal }
  const parts = await untilItPasses(asking, () => loadParts(context.vital, claim.id))
  const artifact =
    claim.partsMaker === maker
      ? await context.artifacts.resume(artifactKey, `${claim.id}.`, parts)
      : undefined
  if (artifact) {
    context.log.info({ job: claim.id, attempt: claim.attempt, parts: parts.length }, 'the export goes on')
    return { artifact, parts }
  }
  context.log.warn(
    { job: claim.id, parts: parts.length },
    'the parts of the export are not there; it starts anew',
  )
  await untilItPasses(asking, () => forgetParts(context.vital, claim))
  return undefined
}

/** Ends the part that is open. Its commit goes on beside what is written next; the one before it is awaited. */
async function endPart(
  context: ExportContext,
  claim: Claim,
  writing: Writing,
  signal: AbortSignal,
): Promise<void> {
  await writing.committing
  const content = writing.open
  const number = writing.parts.length
  const stored = writing.artifact.endPart()
  writing.partStart = writing.artifact.bytes
  writing.open = noContent
  writing.done = together(writing.done, content)
  const commit = async (): Promise<void> => {
    const part = { ...(await stored), content }
    writing.parts.push(part)
    // A commit whose confirmation was lost with the connection is asked for again, and finds itself done.
    const held = await untilItPasses(
      { log: context.log, job: claim.id, signal },
      async () =>
        (await commitPart(context.vital, claim, number, part, writing.maker)) ||
        (await isCommitted(context.vital, claim, number, part)),
    )
    if (!held) throw new Error(`the claim on export ${claim.id} was lost`)
  }
  writing.committing = commit()
  // Awaited before the next part ends; until then a failure must not count as unhandled.
  writing.committing.catch(() => {})
}
