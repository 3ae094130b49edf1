/** What a caller may do, as `noun:verb`. */
export const permissions = [
  'records:read',
  'records:write',
  'exports:read',
  'exports:create',
  'keys:manage',
] as const
export type Permission = (typeof permissions)[number]

/** A role is a named bundle of permissions. */
export const roles = { admin: permissions } as const satisfies Record<string, readonly Permission[]>
export type Role = keyof typeof roles
