import type { Sql } from 'postgres'
import { until } from './processes.ts'

/** A write to a table that stops in Postgres, in its transaction, until it is let go on. */
export interface HeldWrite {
  /** Resolves with the server process that stands there. */
  readonly reached: () => Promise<number>
  /** Lets it go on, and every other one: the trigger stays, and holds nobody any more. */
  readonly release: () => Promise<void>
}

/**
 * Holds the writes to a table that fulfil a condition, from now on.
 * @param when as in CREATE TRIGGER, such as `new.part = 2`
 */
export async function holdWrites(
  sql: Sql,
  table: string,
  event: 'insert' | 'update',
  when: string,
): Promise<HeldWrite> {
  const lock = 5_000_000 + Math.floor(Math.random() * 1_000_000)
  const name = `hold_${lock}`
  const holder = await sql.reserve()
  await holder`select pg_advisory_lock(${lock}::bigint)`
  await sql.unsafe(`create function ${name}() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock_shared(${lock}); return new; end $$`)
  await sql.unsafe(
    `create trigger ${name} before ${event} on ${table} for each row when (${when}) execute function ${name}()`,
  )
  let held = true
  return {
    async reached() {
      let pid = 0
      await until(`a write to ${table} is held`, async () => {
        const [waiting] = await sql`select pid from pg_locks
          where locktype = 'advisory' and objid = ${lock}::bigint::oid and not granted`
        pid = (waiting?.['pid'] as number | undefined) ?? 0
        return pid !== 0
      })
      return pid
    },
    async release() {
      if (!held) return
      held = false
      await holder`select pg_advisory_unlock(${lock}::bigint)`
      holder.release()
    },
  }
}
