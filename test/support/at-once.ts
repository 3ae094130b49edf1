import type { TestApp } from './app.ts'
import { eventually } from './worker.ts'

/**
 * Runs changes of principals all at once: each waits for the lock that such changes take before the first goes on. At most
 * eight, since the app has no more connections.
 */
export async function atOnce<Result>(
  test: TestApp,
  calls: readonly (() => Promise<Result>)[],
): Promise<readonly PromiseSettledResult<Result>[]> {
  const sql = await test.database.client().reserve()
  await sql`begin`
  await sql`select pg_advisory_xact_lock(4600000002)`
  const running = Promise.allSettled(calls.map((call) => call()))
  try {
    await eventually(async () => {
      const [waiting] = await sql`select count(*)::int as count from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`
      return waiting!['count'] === calls.length
    })
  } finally {
    await sql`commit`
    sql.release()
  }
  return running
}
