import { AppError } from './errors.ts'
import { roles, type Permission, type Role } from './roles.ts'

/** Who asks. A caller acts in one project and sees nothing of another. */
export interface Caller {
  /** The API key's id. */
  readonly keyId: string
  readonly keyName: string
  readonly projectId: number
  readonly projectName: string
  readonly role: Role
}

/** @throws AppError FORBIDDEN */
export function requirePermission(caller: Caller, permission: Permission): void {
  if (!(roles[caller.role] as readonly Permission[]).includes(permission)) {
    throw new AppError('FORBIDDEN', `The role ${caller.role} lacks the permission ${permission}.`, {
      hint: 'Use a key whose role has it, or ask an admin of the project for one.',
    })
  }
}
