import { sql } from 'drizzle-orm'
import { boolean, check, snakeCase, text } from 'drizzle-orm/pg-core'

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
  },
  (t) => [check('installation_the_one', sql`${t.theOne}`)],
)
