import { sql } from 'drizzle-orm'
import {
  bigint,
  bytea,
  check,
  index,
  integer,
  jsonb,
  numeric,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  type ExtraConfigColumn,
} from 'drizzle-orm/pg-core'
import { projects } from './accounts.ts'
import { xid8 } from './column-types.ts'
import { projectPolicy } from './project-policy.ts'
import { sourceFiles } from './source-files.ts'

const tokens = () => bigint({ mode: 'bigint' })
const usd = () => numeric({ precision: 20, scale: 12 })
export const nanoseconds = () => bigint({ mode: 'bigint' })
export const instant = () => timestamp({ withTimezone: true, mode: 'string' })

/** What answering took, where a model was asked. */
export const tokenColumns = () => ({
  inputTokens: tokens(),
  outputTokens: tokens(),
  totalTokens: tokens(),
  cacheReadTokens: tokens(),
  cacheWriteTokens: tokens(),
  // By itself, the name in the database would be cache_write1h_tokens.
  cacheWrite1hTokens: bigint('cache_write_1h_tokens', { mode: 'bigint' }),
  reasoningTokens: tokens(),
})

/** What it cost: as told, and as computed with a price table. */
export const costColumns = () => ({
  costReportedUsd: usd(),
  costComputedUsd: usd(),
  priceVersion: text(),
})

/**
 * What every record table has. Records are append-only: a correction is a new row plus `dead_xid` on the old one, a
 * deletion is `dead_xid`, so that any stored snapshot can be read again.
 */
export const recordColumns = () => ({
  id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  projectId: integer()
    .notNull()
    .references(() => projects.id),
  occurredAt: instant().notNull(),
  /** The file that told most of it. */
  sourceFile: text(),
  sourceFileId: uuid().references(() => sourceFiles.id),
  /** How much the best source is believed: its reader's rank times 1000, plus how much of the record it had seen. */
  sourceRank: smallint().notNull(),
  /** The same for the fields that come from another source, by name; `ingest/store/version.ts` says what it means. */
  fieldRanks: jsonb().$type<Readonly<Record<string, number>>>(),
  /** SHA-256 of the natural key. */
  ingestKey: bytea().notNull(),
  /** SHA-256 of the second key, by which a record and its retelling meet. */
  matchKey: bytea(),
  /** The natural key of the retelling that is part of it; the same as `ingest_key` where only the retelling is known. */
  partnerKey: bytea(),
  /** What the record's own sources and the retelling say, each for itself, where they are together: they may part again. */
  parts: jsonb(),
  /** What the sources say beyond the fields, by kind of telling; never exported. */
  raw: jsonb().$type<Readonly<Record<string, unknown>>>(),
  createdXid: xid8()
    .notNull()
    .default(sql`pg_current_xact_id()`),
  deadXid: xid8(),
})

type RecordColumns = Record<
  'id' | 'projectId' | 'occurredAt' | 'ingestKey' | 'matchKey' | 'partnerKey' | 'deadXid',
  ExtraConfigColumn
>

/** What every record table is found by: its keys, and its time within a project, alone or led by a column. */
export function recordConstraints(
  name: string,
  t: RecordColumns,
  leading: Readonly<Record<string, ExtraConfigColumn>>,
) {
  return [
    uniqueIndex(`${name}_ingest_key`)
      .on(t.projectId, t.ingestKey)
      .where(sql`${t.deadXid} is null`),
    index(`${name}_match_key`)
      .on(t.projectId, t.matchKey)
      .where(sql`${t.deadXid} is null and ${t.matchKey} is not null`),
    index(`${name}_partner_key`)
      .on(t.projectId, t.partnerKey)
      .where(sql`${t.deadXid} is null and ${t.partnerKey} is not null`),
    index(`${name}_by_time`).on(t.projectId, t.occurredAt, t.id),
    ...Object.entries(leading).map(([by, column]) =>
      index(`${name}_by_${by}`).on(t.projectId, column, t.occurredAt, t.id),
    ),
    index(`${name}_dead`)
      .on(t.deadXid)
      .where(sql`${t.deadXid} is not null`),
    check(`${name}_occurred_at_finite`, sql`isfinite(${t.occurredAt})`),
    projectPolicy(t),
  ]
}
