import {
  bigint,
  bytea,
  integer,
  jsonb,
  numeric,
  primaryKey,
  snakeCase,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import type { Counts } from '../../core/counts.ts'
import type { RedactionCounts } from '../../core/redaction-counts.ts'
import { exportJobs } from './export-jobs.ts'

/** The parts of a running export that are durable, from which another attempt goes on, and what is in each. */
export const exportParts = snakeCase.table(
  'export_parts',
  {
    jobId: uuid()
      .notNull()
      .references(() => exportJobs.id, { onDelete: 'cascade' }),
    /** From 0. */
    part: integer().notNull(),
    /** The attempt that wrote it. */
    attempt: integer().notNull(),
    rows: bigint({ mode: 'number' }).notNull(),
    bytes: bigint({ mode: 'number' }).notNull(),
    sha256: bytea().notNull(),
    /** The number of its first record, and the key of its last: the canonical time, and the number. Null without records. */
    firstId: bigint({ mode: 'bigint' }),
    lastTime: text(),
    lastId: bigint({ mode: 'bigint' }),
    /** Over the numbers of its records. */
    idSum: numeric().notNull(),
    idXor: bigint({ mode: 'bigint' }).notNull(),
    counts: jsonb().$type<Counts>().notNull(),
    redactions: jsonb().$type<RedactionCounts>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.part] })],
)
