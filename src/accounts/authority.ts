import { eq } from 'drizzle-orm'
import { permissionsOf } from '../access/callers.ts'
import { hasPermission, type Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { Permission, Role } from '../core/roles.ts'
import type { Db } from '../db/connection.ts'
import { projects } from '../db/schema/schema.ts'

/** What a role and scopes make of somebody. */
export interface Grant {
  readonly role: Role
  /** null: all that the role allows. */
  readonly scopes: readonly Permission[] | null
}

export interface ManagedProject {
  readonly id: number
  readonly name: string
}

/**
 * The project that is to be managed: the caller's own, or for an operator any.
 * @param name undefined: the caller's own
 * @throws AppError FORBIDDEN for another project, whether there is one of that name or not; NOT_FOUND for operators
 */
export async function managedProject(
  db: Db,
  caller: Caller,
  name: string | undefined,
): Promise<ManagedProject> {
  if (name === undefined || name === caller.projectName) {
    return { id: caller.projectId, name: caller.projectName }
  }
  if (!hasPermission(caller, 'projects:manage')) {
    const who = `The ${caller.kind} ${JSON.stringify(caller.name)} (role ${caller.role})`
    throw new AppError('FORBIDDEN', `${who} may manage its own project alone, ${caller.projectName}.`, {
      hint: 'Leave the project away, or ask an operator, whose keys may manage all projects.',
    })
  }
  const [project] = await db
    .select({ id: projects.id, name: projects.name })
    .from(projects)
    .where(eq(projects.name, name))
  if (!project) {
    throw new AppError('NOT_FOUND', `There is no project ${JSON.stringify(name)}.`, {
      hint: `Make it first: evalport project create ${name}. See them all: evalport project list.`,
    })
  }
  return project
}

/** Whether what belongs to a project may be managed at all; what may not is not even there for the caller. */
export function managesProject(caller: Caller, projectId: number): boolean {
  return projectId === caller.projectId || hasPermission(caller, 'projects:manage')
}

/** @throws AppError FORBIDDEN when that is more than the caller has itself */
export function requireOwn(caller: Caller, grant: Grant, deed: string): void {
  const beyond = permissionsOf(grant.role, grant.scopes).filter((each) => !hasPermission(caller, each))
  if (beyond.length === 0) return
  const who = `The ${caller.kind} ${JSON.stringify(caller.name)} (role ${caller.role})`
  throw new AppError('FORBIDDEN', `${who} may not ${deed}: it lacks ${beyond.join(', ')} itself.`, {
    hint: 'Nobody can give, change or end what is more than they have. Ask somebody who has all of it.',
  })
}

/**
 * An API key that ends can give nothing that lasts longer, or it would not end. For members that does not hold: their
 * membership does not end with their token.
 * @param end of what is given, RFC 3339; null: none
 * @throws AppError FORBIDDEN
 */
export function requireOwnEnd(caller: Caller, end: string | null, deed: string): void {
  if (caller.kind !== 'key' || caller.expiresAt === null) return
  if (end !== null && end <= caller.expiresAt) return
  const who = `The key ${JSON.stringify(caller.name)}`
  throw new AppError(
    'FORBIDDEN',
    `${who} ends at ${caller.expiresAt} and may not ${deed}, which would last longer.`,
    {
      hint: `Choose an end no later than that where there is one, or ask somebody whose key lasts.`,
    },
  )
}

/** Whether one grant is all within another. */
export function isWithin(grant: Grant, other: Grant): boolean {
  const all = permissionsOf(other.role, other.scopes)
  return permissionsOf(grant.role, grant.scopes).every((each) => all.includes(each))
}
