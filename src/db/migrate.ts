import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { checkCluster, settleRestored } from './cluster-guard.ts'
import { ensureProjectRole } from './project-role.ts'

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

/** Any number that nobody else takes an advisory lock on. */
const migrationLock = 4_600_000_001

const oldestServer = 150_000

/**
 * Brings the database to this version's schema and says which migrations that took. Safe to call from any number of
 * processes at once: one migrates, the others wait.
 * @param restored whether it was restored from a dump of another cluster
 * @throws Error when the server is too old, was migrated by a newer version of this software, or was restored from a dump
 * without that being said
 */
export async function migrateDatabase(
  url: string,
  { restored = false }: { readonly restored?: boolean } = {},
): Promise<readonly string[]> {
  const client = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 })
  try {
    const [server] = await client`select current_setting('server_version_num')::int as number,
      current_setting('server_version') as name`
    if (server!['number'] < oldestServer) {
      throw new Error(`The database is PostgreSQL ${server!['name']}; Evalport needs 15 or newer.`)
    }
    await checkSettings(client)
    await client`select pg_advisory_lock(${migrationLock})`
    const known = (await readdir(migrationsFolder)).filter((name) => /^\d{14}_/.test(name)).sort()
    const before = await appliedMigrations(client)
    const foreign = before.filter((name) => !known.includes(name))
    if (foreign.length > 0) {
      throw new Error(
        `The database has migrations that this version does not know (${foreign.join(', ')}): it was migrated by a ` +
          `newer Evalport. Run that version, or restore a backup from before.`,
      )
    }
    const missing = known.filter((name) => !before.includes(name))
    if (missing.length > 0) await applyMigrations(drizzle({ client }), { migrationsFolder })
    await ensureProjectRole(client)
    if (restored) await settleRestored(client)
    await checkCluster(client)
    return missing
  } finally {
    await client.end({ timeout: 5 })
  }
}

/** What a server or a role may have set otherwise, and what would then silently go wrong. */
const neededSettings = [
  { name: 'standard_conforming_strings', right: 'on', why: 'or backslashes in text would change statements' },
  { name: 'extra_float_digits', right: '1', why: 'or digits of floating-point numbers would be lost' },
  { name: 'default_transaction_isolation', right: 'read committed', why: 'or locks would come too late' },
] as const

async function checkSettings(client: postgres.Sql): Promise<void> {
  const wrong: string[] = []
  for (const { name, right, why } of neededSettings) {
    const [setting] = await client`select current_setting(${name}) as value`
    const value = setting!['value'] as string
    const good = name === 'extra_float_digits' ? Number(value) >= Number(right) : value === right
    if (!good) wrong.push(`alter role current_user set ${name} = '${right}';  -- it is ${value}, ${why}`)
  }
  if (wrong.length > 0) {
    throw new Error(
      `The database has settings that Evalport cannot work with. Run this on it, then start again:\n${wrong.join('\n')}`,
    )
  }
}

async function appliedMigrations(client: postgres.Sql): Promise<readonly string[]> {
  const [table] = await client`select to_regclass('drizzle.__drizzle_migrations') as name`
  if (table!['name'] === null) return []
  const rows = await client`select name from drizzle.__drizzle_migrations`
  return rows.map((row) => row['name'] as string)
}
