import { sql } from 'drizzle-orm'
import { boolean, check, snakeCase, text } from 'drizzle-orm/pg-core'
import { xid8 } from './column-types.ts'
import { instant } from './record-columns.ts'

/** One row: what the database knows of where it lives. */
export const installation = snakeCase.table(
  'installation',
  {
    theOne: boolean().primaryKey().default(true),
    /**
     * Of the cluster whose transaction numbers the records bear: in a cluster that was restored from a dump they would
     * mean nothing.
     */
    systemIdentifier: text().notNull(),
    /** Of the rows that were purged, each had ended before this transaction: a snapshot that began later is intact. */
    purgedBefore: xid8()
      .notNull()
      .default(sql`'0'`),
    /** When it was last restored from a dump: snapshots of before mean nothing here. */
    restoredAt: instant(),
  },
  (t) => [check('installation_the_one', sql`${t.theOne}`)],
)
