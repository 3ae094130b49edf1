import type { Role } from '../core/roles.ts'
import type { IssuerSettings } from './issuer-settings.ts'

type Claims = Readonly<Record<string, unknown>>

/** The role that claims mean, the first in the settings' order; undefined: none. */
export function roleTold({ roleClaim, roles }: IssuerSettings, claims: Claims): Role | undefined {
  if (roleClaim === undefined || !roles) return undefined
  const told = textsAt(claims, roleClaim)
  return Object.entries(roles).find(([value]) => told.includes(value))?.[1]
}

/** The projects that a token is for by its issuer's word; empty: the issuer says none. */
export function projectsTold({ projectClaim, project }: IssuerSettings, claims: Claims): readonly string[] {
  if (projectClaim !== undefined) return [...new Set(textsAt(claims, projectClaim))]
  return project === undefined ? [] : [project]
}

/** What somebody is called, as one printable line. */
export function nameTold({ nameClaim }: IssuerSettings, claims: Claims, subject: string): string {
  const told = nameClaim === undefined ? undefined : valueAt(claims, nameClaim)
  const line = typeof told === 'string' ? told.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim() : ''
  return [...(line || subject)].slice(0, 100).join('')
}

/** The texts of a claim: one, a list of them, or several with spaces between them, as scopes come. */
function textsAt(claims: Claims, path: string): readonly string[] {
  const value = valueAt(claims, path)
  if (typeof value === 'string') return [value, ...value.split(' ')]
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
