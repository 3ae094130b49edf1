import { createHash } from 'node:crypto'
import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Db } from '../db/connection.ts'
import { evaluationResults } from '../db/schema/schema.ts'
import type { EvaluationResultInput } from './reader.ts'
import { storableJson, storableText } from './storable.ts'

type NewRow = typeof evaluationResults.$inferInsert

export interface Stored {
  /** Records that were not there. */
  added: number
  /** Records that a better source now tells of; the old version stays for the snapshots that show it. */
  replaced: number
  /** Records that were there already, from this source or a better one. */
  unchanged: number
}

export interface Source {
  readonly projectId: number
  readonly fileId: string
  readonly path: string
  readonly rank: number
}

/** Short enough for an index entry and to be counted by rows, long enough for any name or title. */
const maxNameLength = 512

/** Every text that is not of any size by its nature, as prompts and answers are. */
export const boundedTexts = [
  'run',
  'framework',
  'suite',
  'testId',
  'testTitle',
  'testVersion',
  'sampleId',
  'promptOrder',
  'provider',
  'model',
  'modelAsWritten',
  'responseModel',
  'agent',
  'sessionId',
  'gradePerformance',
  'gradeSpeed',
  'gradeCost',
  'gradeOverall',
  'errorType',
] as const satisfies readonly (keyof EvaluationResultInput)[]

/** Why a record cannot be stored, or undefined if it can. */
export function unstorableReason(record: EvaluationResultInput): string | undefined {
  const long = boundedTexts.filter((name) => (record[name]?.length ?? 0) > maxNameLength)
  if (long.length > 0) return `${long.join(', ')}: longer than ${maxNameLength} characters`
  if (record.score !== undefined && !Number.isFinite(record.score)) return `score: not a finite number`
  return undefined
}

export interface Row {
  readonly row: NewRow
  readonly replaced: number
}

/** The record as a row, and how many characters had to be replaced for that. */
export function toRow(record: EvaluationResultInput, source: Source): Row {
  const { naturalKey, raw, scores, ...fields } = record
  // The raw record says most of what the fields say; a character that is in both counts once.
  const storableRaw = storableJson(raw)
  let replaced = 0
  const clean = (value: unknown): unknown => {
    const storable = typeof value === 'string' ? storableText(value) : storableJson(value)
    replaced += storable.replaced
    return storable.value
  }
  const cleaned = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value]),
  ) as Omit<typeof fields, never>
  const row: NewRow = {
    ...cleaned,
    scores: scores === undefined ? null : clean(scores),
    raw: storableRaw.value,
    sourceFile: storableText(source.path).value,
    projectId: source.projectId,
    sourceFileId: source.fileId,
    sourceRank: source.rank,
    ingestKey: createHash('sha256').update(JSON.stringify(naturalKey)).digest(),
  }
  return { row, replaced: Math.max(replaced, storableRaw.replaced) }
}

/** So many rows go in one statement: below Postgres' 65,535 parameters. */
const batchSize = 500

/**
 * Stores records in the order of their source, each once, whoever else stores the same ones at the same time.
 * @param tx a transaction; the locks are held until it ends
 */
export async function storeResults(tx: Db, source: Source, rows: readonly NewRow[]): Promise<Stored> {
  const stored: Stored = { added: 0, replaced: 0, unchanged: 0 }
  const byKey = new Map<string, NewRow>()
  for (const row of rows) {
    const key = row.ingestKey.toString('hex')
    if (byKey.has(key)) stored.unchanged++
    else byKey.set(key, row)
  }
  const distinct = [...byKey.values()]
  await lockKeys(tx, source.projectId, distinct)
  for (let start = 0; start < distinct.length; start += batchSize) {
    await storeBatch(tx, source, distinct.slice(start, start + batchSize), stored)
  }
  return stored
}

/**
 * Makes writers of one key wait for each other, or a correction could be lost. All locks are taken before anything is
 * written and in one order, so that no two writers wait in a circle; they are for groups of keys, since a transaction may
 * hold only some thousands.
 */
async function lockKeys(tx: Db, projectId: number, rows: readonly NewRow[]): Promise<void> {
  const groups = [...new Set(rows.map((row) => row.ingestKey[0]!))].sort((a, b) => a - b)
  await tx.execute(sql`select pg_advisory_xact_lock(${projectId}::int, key_group) from (
    select value::int as key_group from jsonb_array_elements_text(${JSON.stringify(groups)}::text::jsonb) with ordinality
    order by ordinality) groups`)
}

async function storeBatch(tx: Db, source: Source, batch: readonly NewRow[], stored: Stored): Promise<void> {
  const keys = batch.map((row) => row.ingestKey)
  const present = await tx
    .select({
      id: evaluationResults.id,
      key: evaluationResults.ingestKey,
      rank: evaluationResults.sourceRank,
    })
    .from(evaluationResults)
    .where(
      and(
        eq(evaluationResults.projectId, source.projectId),
        inArray(evaluationResults.ingestKey, keys),
        isNull(evaluationResults.deadXid),
      ),
    )
  const presentByKey = new Map(present.map((row) => [row.key.toString('hex'), row]))
  const superseded: bigint[] = []
  const fresh: NewRow[] = []
  for (const row of batch) {
    const old = presentByKey.get(row.ingestKey.toString('hex'))
    if (!old) stored.added++
    else if (old.rank < source.rank) {
      superseded.push(old.id)
      stored.replaced++
    } else {
      stored.unchanged++
      continue
    }
    fresh.push(row)
  }
  if (superseded.length > 0) {
    await tx
      .update(evaluationResults)
      .set({ deadXid: sql`pg_current_xact_id()` })
      .where(inArray(evaluationResults.id, superseded))
  }
  if (fresh.length > 0) await tx.insert(evaluationResults).values(fresh)
}
