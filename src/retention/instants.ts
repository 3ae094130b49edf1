import { sql } from 'drizzle-orm'
import type { Db } from '../db/connection.ts'

/**
 * Remembers, once an hour, which transactions are over by now, and forgets what is older than anybody asks for.
 * @param days how far back `settledBefore` will be asked
 */
export async function markInstant(db: Pick<Db, 'execute'>, days: number): Promise<void> {
  await db.execute(sql`insert into instants (over_before) select pg_snapshot_xmin(pg_current_snapshot())
    where not exists (select from instants where at > now() - interval '1 hour') on conflict do nothing`)
  await db.execute(
    sql`delete from instants where at < (select max(at) from instants where at <= ${daysAgo(days)})`,
  )
}

/**
 * A transaction number: all before it were over so many days ago.
 * @returns undefined when nothing of that time is known
 */
export async function settledBefore(db: Pick<Db, 'execute'>, days: number): Promise<string | undefined> {
  const [found] = await db.execute<{ xmin: string | null }>(
    days === 0
      ? sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xmin`
      : sql`select over_before::text as xmin from instants where at <= ${daysAgo(days)} order by at desc limit 1`,
  )
  return found?.xmin ?? undefined
}

const daysAgo = (days: number) => sql`now() - ${days}::int * interval '1 day'`
