import type { ISql, Sql } from 'postgres'
import { recordTableNames } from './record-table-names.ts'

/**
 * Records bear transaction numbers of the cluster that they were written in. In another one, into which a dump was
 * restored, these would mean other instants, and exports would silently show other records.
 * @throws Error that says what to do
 */
export async function checkCluster(client: Sql): Promise<void> {
  const here = await systemIdentifier(client)
  await client`insert into installation (system_identifier) values (${here}) on conflict do nothing`
  const [known] = await client`select system_identifier as id from installation`
  if (known!['id'] === here) return
  throw new Error(
    'The database was restored from a dump of another server: transaction numbers in its records mean nothing here. ' +
      'Run evalport migrate --restored once: it settles all records as they are, drops their old versions, and fails ' +
      'the exports that were under way.',
  )
}

/** Whether records bear the transaction numbers of another cluster. */
export async function isRestored(client: ISql): Promise<boolean> {
  const [table] = await client`select to_regclass('installation') as name`
  if (table!['name'] === null) return false
  const [known] = await client`select system_identifier as id from installation`
  return known !== undefined && known['id'] !== (await systemIdentifier(client))
}

/** Makes the records of a database that was restored from a dump at home in this cluster. Harmless where they are. */
export async function settleRestored(client: Sql): Promise<void> {
  await client.begin(async (tx) => {
    if (!(await isRestored(tx))) return
    for (const table of recordTableNames) {
      await tx.unsafe(`delete from ${table} where dead_xid is not null`)
      // Before every transaction: visible at any instant.
      await tx.unsafe(`update ${table} set created_xid = '0'`)
    }
    await tx`delete from instants`
    await tx`update installation set system_identifier = ${await systemIdentifier(tx)},
      purged_before = '0', restored_at = now()`
  })
}

async function systemIdentifier(client: ISql): Promise<string> {
  const [control] = await client`select system_identifier::text as id from pg_control_system()`
  return control!['id'] as string
}
