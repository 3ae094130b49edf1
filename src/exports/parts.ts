import { and, asc, eq, gte, sql } from 'drizzle-orm'
import { addCounts, type Counts } from '../core/counts.ts'
import { addFolds, foldIds, nothingFolded, type KeyFold } from '../core/key-fold.ts'
import type { Key } from '../core/record-batch.ts'
import { addRedactionCounts, type RedactionCounts } from '../core/redaction-counts.ts'
import type { Db } from '../db/connection.ts'
import { exportJobs, exportParts } from '../db/schema/schema.ts'
import type { StoredPart } from '../artifacts/store.ts'
import type { TreatedBatch } from './read.ts'

/** What is in some bytes of an export: a part, or all parts so far. */
export interface Content {
  readonly rows: number
  readonly fold: KeyFold
  readonly counts: Counts
  readonly redactions: RedactionCounts
  /** The number of the first record, */
  readonly firstId: bigint | undefined
  /** and the key of the last. */
  readonly last: Key | undefined
}

export const noContent: Content = {
  rows: 0,
  fold: nothingFolded,
  counts: {},
  redactions: {},
  firstId: undefined,
  last: undefined,
}

export function withBatch(content: Content, batch: TreatedBatch, counts: Counts): Content {
  return {
    rows: content.rows + batch.rows.length,
    fold: foldIds(content.fold, batch.ids),
    counts: addCounts(content.counts, counts),
    redactions: addRedactionCounts(content.redactions, batch.redactions),
    firstId: content.firstId ?? batch.ids[0],
    last: batch.last,
  }
}

export function together(before: Content, after: Content): Content {
  return {
    rows: before.rows + after.rows,
    fold: addFolds(before.fold, after.fold),
    counts: addCounts(before.counts, after.counts),
    redactions: addRedactionCounts(before.redactions, after.redactions),
    firstId: before.firstId ?? after.firstId,
    last: after.last ?? before.last,
  }
}

/** A part of an export, durable, and what is in it. */
export interface ExportPart extends StoredPart {
  readonly content: Content
}

/** The parts that are committed, in order. */
export async function loadParts(db: Db, jobId: string): Promise<readonly ExportPart[]> {
  const rows = await db
    .select()
    .from(exportParts)
    .where(eq(exportParts.jobId, jobId))
    .orderBy(asc(exportParts.part))
  return rows.map((row) => ({
    bytes: row.bytes,
    sha256: row.sha256.toString('hex'),
    content: {
      rows: row.rows,
      fold: { count: BigInt(row.rows), sum: BigInt(row.idSum), xor: row.idXor },
      counts: row.counts,
      redactions: row.redactions,
      firstId: row.firstId ?? undefined,
      last: row.lastTime === null ? undefined : [row.lastTime, String(row.lastId)],
    },
  }))
}

/** Whether this very part has been committed by this attempt. */
export async function isCommitted(
  db: Db,
  { id, attempt }: { readonly id: string; readonly attempt: number },
  number: number,
  { sha256 }: StoredPart,
): Promise<boolean> {
  const found = await db.$count(
    exportParts,
    and(
      eq(exportParts.jobId, id),
      eq(exportParts.part, number),
      eq(exportParts.attempt, attempt),
      eq(exportParts.sha256, Buffer.from(sha256, 'hex')),
    ),
  )
  return found === 1
}

/** @param number from 0 */
export async function insertPart(
  tx: Db,
  { id, attempt }: { readonly id: string; readonly attempt: number },
  number: number,
  { bytes, sha256, content }: ExportPart,
): Promise<void> {
  const [lastTime, lastId] = content.last ?? []
  await tx.insert(exportParts).values({
    jobId: id,
    part: number,
    attempt,
    rows: content.rows,
    bytes,
    sha256: Buffer.from(sha256, 'hex'),
    firstId: content.firstId ?? null,
    lastTime: lastTime ?? null,
    lastId: lastId === undefined ? null : BigInt(lastId),
    idSum: String(content.fold.sum),
    idXor: content.fold.xor,
    counts: content.counts,
    redactions: content.redactions,
  })
}

/** Those that the job no longer counts as done. */
export async function deletePartsBeyond(tx: Db, jobId: string): Promise<void> {
  const done = sql`(select ${exportJobs.partsDone} from ${exportJobs} where ${exportJobs.id} = ${jobId})`
  await tx.delete(exportParts).where(and(eq(exportParts.jobId, jobId), gte(exportParts.part, done)))
}

export async function deleteParts(tx: Db, jobId: string): Promise<void> {
  await tx.delete(exportParts).where(eq(exportParts.jobId, jobId))
}
