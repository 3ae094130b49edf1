import type { Sql } from 'postgres'
import { eventually } from './worker.ts'

/**
 * Waits until what has ended is over for everyone: transactions in other databases of the server, too, hold back what a
 * purge may take.
 */
export async function settled(sql: Sql): Promise<void> {
  await eventually(async () => {
    const [row] =
      await sql`select coalesce(max(dead_xid) < pg_snapshot_xmin(pg_current_snapshot()), true) as over
      from evaluation_results`
    return row!['over'] as boolean
  })
}
