import { isProjectName } from '../core/project-name.ts'
import type { Role } from '../core/roles.ts'
import type { IssuerSettings } from './issuer-settings.ts'

type Claims = Readonly<Record<string, unknown>>

/** Claims of OAuth whose one text is a list with blanks between. */
const spacedLists = ['scope', 'scp']

/** The role that claims mean, the first in the settings' order; undefined: none. */
export function roleTold({ roleClaim, roles }: IssuerSettings, claims: Claims): Role | undefined {
  if (roleClaim === undefined || !roles) return undefined
  const told = textsAt(claims, roleClaim)
  const values = spacedLists.includes(roleClaim) ? told.flatMap((text) => text.split(' ')) : told
  return roles.find(([value]) => values.includes(value))?.[1]
}

/**
 * The projects that a token is for by its issuer's word; empty: the issuer says none. What cannot be the name of a project
 * is left out.
 */
export function projectsTold({ projectClaim, project }: IssuerSettings, claims: Claims): readonly string[] {
  if (projectClaim !== undefined) return [...new Set(textsAt(claims, projectClaim))].filter(isProjectName)
  return project === undefined ? [] : [project]
}

/** Whether those are all that the subject has: a claim that is one text names the token's project and tells of no other. */
export function tellsAllProjects({ projectClaim }: IssuerSettings, claims: Claims): boolean {
  return projectClaim === undefined || typeof valueAt(claims, projectClaim) !== 'string'
}

/** What somebody is called, as one printable line. */
export function nameTold({ nameClaim }: IssuerSettings, claims: Claims, subject: string): string {
  const told = nameClaim === undefined ? undefined : valueAt(claims, nameClaim)
  const line = typeof told === 'string' ? told.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim() : ''
  return [...(line || subject)].slice(0, 100).join('')
}

/** The texts of a claim: one, or a list of them. */
function textsAt(claims: Claims, path: string): readonly string[] {
  const value = valueAt(claims, path)
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
}

/** By the claim's whole name, which may have dots of its own, otherwise step by step. */
function valueAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Claims)[step]
  }
  return value
}
