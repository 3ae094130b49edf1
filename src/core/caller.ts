import { AppError } from './errors.ts'
import type { Permission, Role } from './roles.ts'

/** An API key, or somebody who brings tokens of an identity provider. */
export const principalKinds = ['key', 'member'] as const
export type PrincipalKind = (typeof principalKinds)[number]

/** Who asks. A caller acts in one project and sees nothing of another. */
export interface Caller {
  /** Stays the same for a key, and for a person or service in a project: jobs and links are theirs by it. */
  readonly principalId: string
  readonly kind: PrincipalKind
  readonly name: string
  readonly projectId: number
  readonly projectName: string
  readonly role: Role
  /** What the role allows and the scopes of the key leave. */
  readonly permissions: readonly Permission[]
  /** When what was shown ends by itself, RFC 3339; null: never. */
  readonly expiresAt: string | null
}

export function hasPermission(caller: Pick<Caller, 'permissions'>, permission: Permission): boolean {
  return caller.permissions.includes(permission)
}

/** @throws AppError FORBIDDEN */
export function requirePermission(caller: Caller, permission: Permission): void {
  if (hasPermission(caller, permission)) return
  const holder = `The ${caller.kind} ${JSON.stringify(caller.name)} (role ${caller.role})`
  throw new AppError('FORBIDDEN', `${holder} lacks the permission ${permission}.`, {
    hint: 'Use a key whose role and scopes have it, or ask an admin of the project for one.',
  })
}
