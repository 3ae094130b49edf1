import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { isRestored } from './db/cluster-guard.ts'
import { migrateDatabase } from './db/migrate.ts'
import { failUnfinished } from './exports/job-status/overdue.ts'

/** Migrates a database that was restored from a dump of another server: exports that were under way end there. */
export async function migrateRestored(url: string): Promise<readonly string[]> {
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })
  try {
    // First, since afterwards nothing tells that they are of another server; repeated, it finds none.
    if (await isRestored(client)) {
      await failUnfinished(drizzle({ client }), {
        code: 'EXPORT_FAILED',
        message:
          'The database was restored from a dump while the export was under way. Nothing partial was kept.',
        hint: 'Start it again.',
      })
    }
  } finally {
    await client.end({ timeout: 5 })
  }
  return migrateDatabase(url, { restored: true })
}
