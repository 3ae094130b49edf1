import { sql, type SQL } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { ISql } from 'postgres'
import type { Db } from './connection.ts'

/** Owns nothing, so that row-level security binds it; made by `migrate.ts`, entered for the length of a transaction. */
export const projectRole = 'evalport_project'

/**
 * Work on one project's rows. Every query names its project itself; this is the second lock: Postgres shows the
 * transaction that project's rows alone, whatever the query says.
 */
export interface ProjectScope {
  /** Whether Postgres enforces it; otherwise why not, and what to do. */
  readonly weakness: string | undefined
  /** A transaction within the project. */
  transaction<Result>(
    db: Pick<Db, 'transaction'>,
    projectId: number,
    work: (tx: Db) => Promise<Result>,
  ): Promise<Result>
  /** Goes into the project for the rest of a transaction. */
  enter(tx: Pick<Db, 'execute'>, projectId: number): Promise<void>
  /** The same on a client that Drizzle does not know. */
  enterRaw(tx: ISql, projectId: number): Promise<void>
  /** The same as a statement, to be sent in one message with others: they are one transaction then. */
  statement(projectId: number): string
}

/** Of Postgres: the role may not be entered, or there is none. */
const refusals = new Set(['42501', '22023'])

function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: string; cause?: unknown }
  return code ?? (cause === undefined || cause === null ? undefined : codeOf(cause))
}

/** Finds out what the database allows. @throws what went wrong with asking */
export async function openProjectScope(db: PostgresJsDatabase): Promise<ProjectScope> {
  const canEnter = await db
    .transaction((tx) => tx.execute(sql`select set_config('role', ${projectRole}, true)`))
    .then(
      () => true,
      (error: unknown) => {
        // That a connection broke says nothing of what the database allows.
        if (!refusals.has(codeOf(error) ?? '')) throw error
        return false
      },
    )
  const role = canEnter ? projectRole : undefined
  const weakness = canEnter ? undefined : await weaknessOf(db)
  const entering = (projectId: number): SQL => {
    const project = sql`set_config('evalport.project', ${String(projectId)}, true)`
    return role === undefined
      ? sql`select ${project}`
      : sql`select set_config('role', ${role}, true), ${project}`
  }
  const statement = (projectId: number): string => {
    if (!Number.isSafeInteger(projectId)) throw new Error(`not the number of a project: ${projectId}`)
    const project = `set_config('evalport.project', '${projectId}', true)`
    return role === undefined ? `select ${project}` : `select set_config('role', '${role}', true), ${project}`
  }
  return {
    weakness,
    transaction: (database, projectId, work) =>
      database.transaction(async (tx) => {
        await tx.execute(entering(projectId))
        return work(tx)
      }),
    async enter(tx, projectId) {
      await tx.execute(entering(projectId))
    },
    async enterRaw(tx, projectId) {
      await tx.unsafe(statement(projectId))
    },
    statement,
  }
}

/** Why row-level security would not bind the role that we are connected as; undefined if it does. */
async function weaknessOf(db: PostgresJsDatabase): Promise<string | undefined> {
  const [about] = await db.execute<{ name: string; bypasses: boolean; owns: boolean }>(sql`
    select rolname as name, rolsuper or rolbypassrls as bypasses,
      exists (select from pg_class where oid = 'evaluation_results'::regclass and pg_has_role(current_user, relowner, 'USAGE')) as owns
    from pg_roles where rolname = current_user`)
  if (!about?.bypasses && !about?.owns) return undefined
  const why = about.bypasses
    ? 'bypasses row-level security'
    : 'owns the tables, which row-level security does not bind'
  return (
    `The database role ${about.name} ${why}, and cannot become ${projectRole}: projects are kept apart by Evalport's ` +
    `queries alone. Run this as a superuser, then start again: create role ${projectRole} nologin; ` +
    `grant ${projectRole} to "${about.name}";`
  )
}
