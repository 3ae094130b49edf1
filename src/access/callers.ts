import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Caller, PrincipalKind } from '../core/caller.ts'
import { roles, type Permission, type Role } from '../core/roles.ts'
import { canonicalTime } from '../core/time.ts'
import type { Db } from '../db/connection.ts'
import { principals, projects } from '../db/schema/schema.ts'

/** What a caller is made from, of `principals` joined with `projects`. */
export const callerColumns = {
  principalId: principals.id,
  kind: principals.kind,
  name: principals.name,
  role: principals.role,
  scopes: principals.scopes,
  expiresAt: principals.expiresAt,
  projectId: principals.projectId,
  projectName: projects.name,
}

interface CallerRow {
  readonly principalId: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly role: Role
  readonly scopes: readonly Permission[] | null
  readonly expiresAt: string | null
  readonly projectId: number
  readonly projectName: string
}

/** By the clock at this moment: a transaction that waited for a lock would otherwise ask by the time that it began at. */
export const isGood = and(
  isNull(principals.revokedAt),
  sql`(${principals.expiresAt} is null or ${principals.expiresAt} > clock_timestamp())`,
)!

export function toCaller({ scopes, ...row }: CallerRow): Caller {
  return {
    ...row,
    permissions: permissionsOf(row.role, scopes),
    expiresAt: row.expiresAt && canonicalTime(row.expiresAt),
  }
}

/** What a role allows and scopes leave of it. */
export function permissionsOf(role: Role, scopes: readonly Permission[] | null): readonly Permission[] {
  return roles[role].filter((permission) => scopes === null || scopes.includes(permission))
}

/**
 * Who a principal is now, or undefined if it is no longer good: revoked, removed or expired. What a member's token says
 * of its own end is not asked here, since jobs and links outlive tokens.
 */
export async function callerOfPrincipal(db: Db, principalId: string): Promise<Caller | undefined> {
  const [row] = await db
    .select(callerColumns)
    .from(principals)
    .innerJoin(projects, eq(projects.id, principals.projectId))
    .where(and(eq(principals.id, principalId), isGood))
  return row && toCaller(row)
}

/** Who somebody is now, without what they were not let in with: it can have become less meanwhile, never more. */
export function narrowedTo(letIn: Pick<Caller, 'role' | 'permissions'>, now: Caller): Caller {
  const permissions = letIn.permissions.filter((each) => now.permissions.includes(each))
  const isWhole = permissions.length === letIn.permissions.length
  return { ...now, permissions, role: isWhole ? letIn.role : now.role }
}
