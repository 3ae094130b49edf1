import { sql } from 'drizzle-orm'
import type { Log } from '../core/log.ts'
import type { Db } from '../db/connection.ts'
import { principals } from '../db/schema/schema.ts'

/** Whether the last use that is written down is a minute old; selected along with a principal. */
export const useIsOld = sql<boolean>`coalesce(${principals.lastUsedAt} < clock_timestamp() - interval '1 minute', true)`

/**
 * Writes down that a principal is used, at most once a minute. Nobody waits for it: it skips a row that somebody changes
 * just now, and a failure is only logged.
 */
export function noteUse(db: Db, log: Log, principalId: string): void {
  db.execute(
    sql`update principals set last_used_at = clock_timestamp() where id = (
      select id from principals where id = ${principalId} and ${useIsOld} for update skip locked)`,
  ).catch((error: unknown) => log.warn({ err: error, principalId }, 'a use could not be written down'))
}
