import { snakeCase } from 'drizzle-orm/pg-core'
import { xid8 } from './column-types.ts'
import { instant } from './record-columns.ts'

/**
 * What was over when, once an hour: transactions bear numbers, not times, and purging has to know which of them ended so
 * many days ago.
 */
export const instants = snakeCase.table('instants', {
  at: instant().primaryKey().defaultNow(),
  /** Every transaction before it was over then. */
  overBefore: xid8().notNull(),
})
