import type { Sql } from 'postgres'
import { projectRole } from './project-scope.ts'
import { recordTableNames } from './record-table-names.ts'

/**
 * Makes the role that row-level security binds, and gives it what work within a project takes, no more. Roles belong to
 * the whole server, so that a restored database may lack it: asked at each start, and harmless to repeat. Without the
 * right to make roles nothing is done; `project-scope.ts` says at start what that means.
 */
export async function ensureProjectRole(client: Sql): Promise<void> {
  await client.unsafe(`do $$ begin
    if not exists (select from pg_roles where rolname = '${projectRole}') then
      create role ${projectRole} nologin;
    end if;
  exception
    -- Another database of the same server is served by another process, which was faster.
    when duplicate_object or unique_violation or insufficient_privilege then null;
  end $$`)
  const [role] = await client`select
    exists (select from pg_roles where rolname = ${projectRole}) as there,
    (select pg_has_role(current_user, relowner, 'USAGE') from pg_class where oid = 'evaluation_results'::regclass) as owner`
  if (!role!['there'] || !role!['owner']) return
  await client.unsafe(`do $$ begin
    execute format('grant usage on schema %I to ${projectRole}', current_schema());
    execute format('grant temporary on database %I to ${projectRole}', current_database());
    execute format('grant usage on all sequences in schema %I to ${projectRole}', current_schema());
  end $$;
  grant select, insert, update (dead_xid) on ${recordTableNames.join(', ')} to ${projectRole};
  grant select, insert, update on evaluation_tests, source_files to ${projectRole};
  grant select, insert, delete on ingest_rejects to ${projectRole};
  grant select, insert on export_jobs to ${projectRole}`)
  await joinRole(client)
}

/** Whoever made the role may hand it out, but need not have it. */
async function joinRole(client: Sql): Promise<void> {
  const become = () => client.begin((tx) => tx.unsafe(`set local role ${projectRole}`))
  try {
    await become()
  } catch {
    await client.unsafe(`do $$ begin
      execute format('grant ${projectRole} to %I', current_user);
    exception when insufficient_privilege then null;
    end $$`)
  }
}
