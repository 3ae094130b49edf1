/** What a caller may do, as `noun:verb`, and in words. */
export const permissions = {
  'records:read': 'browse and export public and internal fields',
  'records:write': 'take records in',
  'content:read': 'the same for what models and tools said, redacted',
  'content:reveal': 'have fields unredacted, each named and with a written reason',
  'personal:read': 'see fields and text about people',
  'exports:read': 'see the export jobs of the project',
  'exports:create': 'start exports, and cancel, retry and delete those',
  'exports:manage': 'cancel, retry and delete the exports of others',
  'audit:read': 'see what is on record of who did what',
  'keys:manage': 'make, change and end API keys of the project',
  'members:manage': 'say which people and services have which role in the project',
  'projects:manage': 'make and rename projects, and manage keys and members of all of them',
} as const satisfies Record<string, string>
export type Permission = keyof typeof permissions

export const permissionNames = Object.keys(permissions) as readonly Permission[]

const reading = ['records:read', 'exports:read', 'exports:create'] as const
const analysing = [...reading, 'content:read'] as const
const stewarding = [...analysing, 'content:reveal', 'personal:read'] as const
const administering = [
  ...stewarding,
  'records:write',
  'exports:manage',
  'audit:read',
  'keys:manage',
  'members:manage',
] as const

/**
 * A role is a named bundle of permissions in one project. Only an operator, who has set the installation up, reaches
 * further: to all projects, though not to their records.
 */
export const roles = {
  reader: reading,
  analyst: analysing,
  steward: stewarding,
  auditor: ['audit:read', 'exports:read'],
  ingestor: ['records:write'],
  admin: administering,
  operator: [...administering, 'projects:manage'],
} as const satisfies Record<string, readonly Permission[]>
export type Role = keyof typeof roles

export const roleNames = Object.keys(roles) as readonly Role[]
