import { sql } from 'drizzle-orm'
import type { Db } from './connection.ts'

/**
 * Ends the queries that begin with a mark, wherever they run: nobody waits for them any more. Not by the client's own means,
 * which end whatever its connection is at by then.
 * @returns how many there were
 */
export async function endQueries(db: Pick<Db, 'execute'>, mark: string): Promise<number> {
  const [ended] = await db.execute<{ queries: number }>(sql`
    select count(pg_cancel_backend(pid))::int as queries from pg_stat_activity
    where state = 'active' and starts_with(query, ${mark}::text)`)
  return ended!.queries
}
