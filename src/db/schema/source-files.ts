import { sql } from 'drizzle-orm'
import {
  bigint,
  bytea,
  check,
  index,
  integer,
  snakeCase,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import { projects } from './accounts.ts'
import { projectPolicy } from './project-policy.ts'

/** Every file that was ever taken in, or could not be, by its content and the format that it was read as. */
export const sourceFiles = snakeCase.table(
  'source_files',
  {
    id: uuid().primaryKey(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    sha256: bytea().notNull(),
    bytes: bigint({ mode: 'bigint' }).notNull(),
    /** As the sender named it. */
    path: text().notNull(),
    /** The reader that took it, or null if none knew it. */
    format: text(),
    /**
     * `reading`: not yet all of it is in, and if nobody is at it, reading it again completes it; `ingested`: all of it
     * went in; `partial`: some records were refused; `quarantined`: none of it went in.
     */
    status: text().notNull(),
    records: integer().notNull(),
    rejects: integer().notNull(),
    receivedAt: timestamp({ withTimezone: true, mode: 'string' }).notNull().defaultNow(),
  },
  (t) => [
    unique().on(t.projectId, t.sha256, t.format).nullsNotDistinct(),
    check('source_files_status_check', sql`${t.status} in ('reading', 'ingested', 'partial', 'quarantined')`),
    projectPolicy(t),
  ],
)

/** What could not become a record, and why; the sender's file is the only copy of the rest. */
export const ingestRejects = snakeCase.table(
  'ingest_rejects',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    sourceFileId: uuid()
      .notNull()
      .references(() => sourceFiles.id),
    /** A line from 1, where the format has lines. */
    line: integer(),
    /** An item from 1, where the format has items. */
    item: integer(),
    reason: text().notNull(),
    excerpt: text().notNull(),
  },
  (t) => [index().on(t.sourceFileId), projectPolicy(t)],
)
