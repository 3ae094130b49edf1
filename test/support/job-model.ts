import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { TestApp } from './app.ts'

/** What may follow what, as `docs/architecture.md` has it; only a database that was restored ends a CANCELLING job as FAILED. */
export const allowedAfter: Readonly<Record<string, readonly string[]>> = {
  '–': ['QUEUED'],
  QUEUED: ['RUNNING', 'CANCELLED', 'FAILED'],
  RUNNING: ['RUNNING', 'QUEUED', 'CANCELLING', 'SUCCEEDED', 'FAILED'],
  CANCELLING: ['CANCELLED'],
  // The same state again: its parts are given up.
  FAILED: ['FAILED', 'QUEUED'],
  CANCELLED: ['QUEUED'],
  SUCCEEDED: ['EXPIRED'],
  EXPIRED: [],
}

/** One update of a row of export_jobs. */
export interface JobChange {
  readonly job: string
  readonly from: string
  readonly to: string
  readonly versions: number
  readonly attempts: number
  /** The claim that held it had run out. */
  readonly isLapsed: boolean
}

/** Has the database itself write down every change of every job, so that none can be missed. */
export async function recordJobChanges(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table job_changes (
      change bigserial primary key, job uuid, "from" text, "to" text, versions int, attempts int, "isLapsed" boolean);
    create function record_job_change() returns trigger language plpgsql security definer set search_path = public as $$
    begin
      insert into job_changes (job, "from", "to", versions, attempts, "isLapsed") values (
        new.id, coalesce(old.status, '–'), new.status, new.version - coalesce(old.version, 0),
        new.attempt - coalesce(old.attempt, 0), coalesce(old.lease_until < now(), false));
      return null;
    end $$;
    create trigger record_job_change after insert or update on export_jobs
      for each row execute function record_job_change();`)
}

/**
 * Those of the recorded changes that may not be. A change that is the test's own raises no version, and must leave the state
 * as it is.
 */
export async function wrongChanges(sql: Sql): Promise<readonly string[]> {
  const changes = await sql<JobChange[]>`select * from job_changes order by change`
  return changes.flatMap((change) => {
    const { job, from, to, versions, attempts } = change
    const why = whyWrong(change)
    return why ? [`${job}: ${from} -> ${to}, version +${versions}, attempt +${attempts}: ${why}`] : []
  })
}

function whyWrong({ from, to, versions, attempts, isLapsed }: JobChange): string | undefined {
  if (versions === 0) {
    return from !== to || attempts !== 0 ? 'a change that raises no version' : undefined
  }
  if (versions !== 1) return 'a version that is not the next one'
  if (!allowedAfter[from]!.includes(to)) return 'not allowed'
  const isClaim = to === 'RUNNING' && (from === 'QUEUED' || attempts !== 0)
  if (attempts !== (isClaim ? 1 : 0)) return 'an attempt that is not the next one'
  if (isClaim && from === 'RUNNING' && !isLapsed) return 'taken from a worker that is heard of'
  return undefined
}

/**
 * Gives every job that is asked for parts of so few bytes that it has several, from the first moment on, and lets the test
 * have the server fail: a part whose number stands beside its job in `faults` cannot be committed.
 */
export async function makeSmallFaultyParts(sql: Sql, partBytes: number): Promise<void> {
  await sql.unsafe(`
    create table faults (job uuid primary key, part int not null);
    create function shrink_parts() returns trigger language plpgsql as $$
    begin
      new.plan = new.plan || '{"partBytes": ${partBytes}}';
      return new;
    end $$;
    create trigger shrink_parts before insert on export_jobs for each row execute function shrink_parts();
    create function meet_fault() returns trigger language plpgsql security definer set search_path = public as $$
    begin
      if exists (select from faults where job = new.job_id and part = new.part) then
        raise exception 'a fault made by the test';
      end if;
      return new;
    end $$;
    create trigger meet_fault before insert on export_parts for each row execute function meet_fault();`)
}

export const uuidOf = (id: string): string => id.replace('exp_', '')

/** The row itself, which says more than readers see. */
export async function rowOf(test: TestApp, id: string): Promise<Record<string, unknown>> {
  const [row] = await test.database.client()`select * from export_jobs where id = ${uuidOf(id)}`
  return row!
}

/** As if the worker of a job had been silent for longer than its lease. */
export async function lapse(test: TestApp, id: string): Promise<void> {
  await test.database.client()`update export_jobs set lease_until = now() - interval '1 second'
    where id = ${uuidOf(id)} and lease_until is not null`
}

const folderOf = (test: TestApp) => join(test.config().dataDir, 'artifacts')

/** The names of the files that attempts at a job have left, or that it ended with. */
export async function filesOf(test: TestApp, id: string): Promise<readonly string[]> {
  return (await readdir(folderOf(test))).filter((name) => name.includes(uuidOf(id))).sort()
}

/** What is wrong with the files of a job that has ended; empty if nothing is. */
export async function wrongFiles(test: TestApp, id: string): Promise<readonly string[]> {
  const row = await rowOf(test, id)
  const names = await filesOf(test, id)
  if (row['status'] === 'FAILED' && Number(row['parts_done']) > 0) {
    return names.length > 0 ? [] : [`${id} has kept parts, and no file that holds them`]
  }
  const proof = row['proof'] as Record<'manifest' | 'sums', { artifactKey: string; sha256: string }> | null
  const wanted = new Map<string, string>()
  if (row['status'] === 'SUCCEEDED') {
    wanted.set(row['artifact_key'] as string, row['sha256'] as string)
    for (const each of [proof!.manifest, proof!.sums]) wanted.set(each.artifactKey, each.sha256)
  }
  const problems = names
    .filter((name) => !wanted.has(name))
    .map((name) => `${id} is ${String(row['status'])} and has ${name}`)
  for (const [name, sha256] of wanted) {
    const bytes = names.includes(name) ? await readFile(join(folderOf(test), name)) : undefined
    if (!bytes) problems.push(`${id} lacks ${name}`)
    else if (createHash('sha256').update(bytes).digest('hex') !== sha256) problems.push(`${name} is another`)
  }
  return problems
}
