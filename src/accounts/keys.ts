import { and, asc, eq, sql } from 'drizzle-orm'
import { newApiKey } from '../access/api-key.ts'
import { isGood } from '../access/callers.ts'
import { requirePermission, type Caller, hasPermission } from '../core/caller.ts'
import { invalidInput, type Problem } from '../core/errors.ts'
import type { Permission, Role } from '../core/roles.ts'
import { canonicalTime } from '../core/time.ts'
import { uuidv7 } from '../core/uuid.ts'
import type { Db } from '../db/connection.ts'
import { apiKeys, principals, projects } from '../db/schema/schema.ts'
import { managedProject, requireOwn, requireOwnEnd, type Grant, type ManagedProject } from './authority.ts'
import { checkExpiry, checkProjectName, checkRole, checkScopes, checkText } from './check-input.ts'
import { manage } from './manage.ts'

/** An API key as it may be shown: its secret was shown once, when it was made. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: Role
  /** null: all that the role allows. */
  readonly scopes: readonly Permission[] | null
  /** Whether it may be used now. */
  readonly isGood: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  /** The id of the key that took over from it. */
  readonly replacedBy: string | null
}

export interface NewApiKey {
  readonly key: ApiKey
  /** The whole key; nothing can tell it again. */
  readonly secret: string
}

export interface WantedKey {
  readonly name: string
  /** Undefined: the caller's own. */
  readonly project?: string | undefined
  /** Undefined: analyst. */
  readonly role?: string | undefined
  /** Undefined: all that the role allows. */
  readonly scopes?: readonly string[] | undefined
  /** A time, a length of time such as `90d`, or `never`, which undefined means too. */
  readonly expires?: string | undefined
}

const defaultRole = 'analyst'

/**
 * Makes a key for a project.
 * @throws AppError INVALID_INPUT naming every problem; FORBIDDEN for more, or longer, than the caller has, or another project;
 * NOT_FOUND for a project that operators look for in vain
 */
export async function createKey(db: Db, caller: Caller, wanted: WantedKey): Promise<NewApiKey> {
  return manage(db, caller, 'keys:manage', async (tx, current) => {
    const problems: Problem[] = []
    checkText('The name of a key', wanted.name, 100, 'name', problems)
    checkProjectName(wanted.project, 'project', problems)
    const role = checkRole(wanted.role ?? defaultRole, problems)
    const scopes = checkScopes(wanted.scopes, role, problems) ?? null
    const expiresAt = (await checkExpiry(tx, wanted.expires, problems)) ?? null
    if (problems.length > 0 || !role) throw invalidInput(problems)
    const project = await managedProject(tx, current, wanted.project)
    requireOwn(current, { role, scopes }, 'make this key')
    requireOwnEnd(current, expiresAt, 'make this key')
    return insertKey(tx, project, { name: wanted.name, role, scopes, expiresAt })
  })
}

/** All keys that the caller may manage, ended ones too, oldest first: of its own project, for operators of every project. */
export async function listKeys(db: Db, caller: Caller): Promise<readonly ApiKey[]> {
  requirePermission(caller, 'keys:manage')
  const mine = hasPermission(caller, 'projects:manage')
    ? undefined
    : eq(principals.projectId, caller.projectId)
  const rows = await selectKeys(db).where(mine).orderBy(asc(apiKeys.id))
  return rows.map(toApiKey)
}

/** Makes a key of which everything has been checked. */
export async function insertKey(
  tx: Db,
  project: ManagedProject,
  wanted: Grant & { readonly name: string; readonly expiresAt: string | null },
): Promise<NewApiKey> {
  const id = uuidv7()
  const secret = newApiKey()
  await tx.insert(principals).values({
    id,
    projectId: project.id,
    kind: 'key',
    name: wanted.name,
    role: wanted.role,
    scopes: wanted.scopes && [...wanted.scopes],
    expiresAt: wanted.expiresAt,
  })
  await tx.insert(apiKeys).values({ id, prefix: secret.prefix, secretSha256: secret.secretSha256 })
  return { key: (await findKey(tx, id))!, secret: secret.text }
}

/** @param id of a key that there is */
export async function findKey(tx: Db, id: string): Promise<ApiKey | undefined> {
  const [row] = await selectKeys(tx).where(eq(apiKeys.id, id))
  return row && toApiKey(row)
}

export function selectKeys(db: Db) {
  return db
    .select({
      principal: principals,
      key: apiKeys,
      project: projects.name,
      isGood: sql<boolean>`(${and(isGood)})`,
    })
    .from(apiKeys)
    .innerJoin(principals, eq(principals.id, apiKeys.id))
    .innerJoin(projects, eq(projects.id, principals.projectId))
    .$dynamic()
}

export type KeyRow = Awaited<ReturnType<typeof selectKeys>>[number]

export function toApiKey({ principal, key, project, isGood: good }: KeyRow): ApiKey {
  return {
    id: principal.id,
    name: principal.name,
    prefix: key.prefix,
    project,
    role: principal.role,
    scopes: principal.scopes,
    isGood: good,
    createdAt: canonicalTime(principal.createdAt),
    lastUsedAt: principal.lastUsedAt && canonicalTime(principal.lastUsedAt),
    expiresAt: principal.expiresAt && canonicalTime(principal.expiresAt),
    revokedAt: principal.revokedAt && canonicalTime(principal.revokedAt),
    replacedBy: key.replacedBy,
  }
}
