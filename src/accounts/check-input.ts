import { sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Problem } from '../core/errors.ts'
import { isProjectName } from '../core/project-name.ts'
import { permissionNames, roleNames, roles, type Permission, type Role } from '../core/roles.ts'
import { unknownName } from '../core/suggestion.ts'
import type { Db } from '../db/connection.ts'

const durations = /^(\d{1,9})([mhdw])$/
const secondsOf = { m: 60, h: 3600, d: 86_400, w: 604_800 } as const
const longest = 100 * 366 * 86_400

/** Adds a problem unless the text has 1 to so many characters, none of which could steer a terminal. */
export function checkText(
  what: string,
  text: string,
  limit: number,
  path: string,
  problems: Problem[],
): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (text.length <= limit && /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]+$/u.test(text)) return
  problems.push({ message: `${what} has 1 to ${limit} characters, all printable.`, path: [path] })
}

export function checkProjectName(name: string | undefined, path: string, problems: Problem[]): void {
  if (name === undefined || isProjectName(name)) return
  problems.push({
    message: `${JSON.stringify(name.slice(0, 100))} cannot be the name of a project.`,
    path: [path],
    suggestion: 'Use 1 to 63 of a-z, 0-9, _ and -, a letter or digit first.',
  })
}

export function checkRole(role: string, problems: Problem[]): Role | undefined {
  const known = roleNames.find((each) => each === role)
  if (!known) problems.push(unknownName('role', role.slice(0, 100), ['role'], roleNames))
  return known
}

/** The permissions that a role is narrowed to; null and undefined stay what they are. */
export function checkScopes(
  scopes: readonly string[] | null | undefined,
  role: Role | undefined,
  problems: Problem[],
): readonly Permission[] | null | undefined {
  if (!scopes) return scopes
  if (scopes.length === 0) {
    problems.push({
      message: 'Scopes narrow a role to at least one permission.',
      path: ['scopes'],
      suggestion: 'Leave them away for all that the role allows.',
    })
  }
  const known: Permission[] = []
  for (const [index, scope] of scopes.slice(0, 100).entries()) {
    const permission = permissionNames.find((each) => each === scope)
    const path = ['scopes', String(index)]
    if (!permission) problems.push(unknownName('permission', scope.slice(0, 100), path, permissionNames))
    else if (role && !(roles[role] as readonly Permission[]).includes(permission)) {
      problems.push({
        message: `The role ${role} has no permission ${permission} that could be left to it.`,
        path,
        suggestion: `It has: ${roles[role].join(', ')}.`,
      })
    } else if (!known.includes(permission)) known.push(permission)
  }
  return known
}

/** A length of time such as `90d` in seconds, or undefined for text that is none. */
export function secondsIn(text: string): number | undefined {
  if (text === '0') return 0
  const [, count, unit] = durations.exec(text) ?? []
  const seconds = count && unit ? Number(count) * secondsOf[unit as keyof typeof secondsOf] : Number.NaN
  return seconds <= longest ? seconds : undefined
}

/**
 * When something is to end: a time or a length of time from now, by the database's clock, as RFC 3339; null for `never`.
 * A problem is added for what is neither, or has passed.
 */
export async function checkExpiry(
  db: Db,
  expires: string | undefined,
  problems: Problem[],
): Promise<string | null | undefined> {
  if (expires === undefined) return undefined
  if (expires === 'never') return null
  const now = await databaseNow(db)
  const seconds = secondsIn(expires)
  const time = z.union([z.iso.datetime({ offset: true }), z.iso.date()]).safeParse(expires)
  const at = seconds !== undefined ? now + seconds * 1000 : time.success ? Date.parse(time.data) : Number.NaN
  const path = ['expires']
  if (Number.isNaN(at) || at > now + longest * 1000) {
    const suggestion = 'Give a time like 2027-01-31T12:00:00Z, a length of time like 90d or 12h, or never.'
    problems.push({ message: `${JSON.stringify(expires.slice(0, 100))} is no time.`, path, suggestion })
  } else if (at <= now) {
    const message = `${expires} has passed: it is ${new Date(now).toISOString()}.`
    problems.push({ message, path, suggestion: 'To end a key at once: evalport key revoke.' })
  } else return new Date(at).toISOString().replace('Z', '000Z')
  return undefined
}

async function databaseNow(db: Db): Promise<number> {
  const [row] = await db.execute<{ now: number }>(
    sql`select extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  )
  return Number(row!.now)
}
