import { z } from 'zod'
import { roleNames, type Role } from '../core/roles.ts'
import { nearest } from '../core/suggestion.ts'

/** Which role a value of a claim means, in the order in which they are looked for. */
export type RoleMap = readonly (readonly [value: string, role: Role])[]

/**
 * An object of values and roles, or a list of such pairs. Whole numbers need the list: JavaScript moves such keys of an
 * object to its front, and the order decides.
 */
export const roleMap = z.unknown().transform((given, context): RoleMap => {
  const problem = (path: (string | number)[], message: string) =>
    context.issues.push({ code: 'custom', input: given, path, message })
  if (typeof given !== 'object' || given === null) {
    problem([], 'must be an object of values and roles, or a list of such pairs')
    return z.NEVER
  }
  const listed = Array.isArray(given)
  const entries: readonly unknown[] = listed ? given : Object.entries(given)
  if (entries.length === 0) problem([], 'must name at least one value and its role')
  const pairs: [string, Role][] = []
  for (const [index, entry] of entries.entries()) {
    if (!Array.isArray(entry) || entry.length !== 2 || typeof entry[0] !== 'string' || entry[0] === '') {
      problem([index], 'must be a pair of a value and its role, ["value", "reader"]')
      continue
    }
    const [value, told] = entry as [string, unknown]
    const path = [listed ? index : value]
    const role = roleNames.find((each) => each === told)
    if (!role) problem(path, roleProblem(told))
    else if (!listed && /^\d+$/.test(value)) {
      problem(path, `must stand in a list of pairs, which keeps its place: [["${value}", "${role}"], …]`)
    } else if (pairs.some(([each]) => each === value)) problem(path, 'stands here twice')
    else pairs.push([value, role])
  }
  return pairs
})

function roleProblem(told: unknown): string {
  const meant = typeof told === 'string' ? nearest(told, roleNames) : undefined
  return `must be one of ${roleNames.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`
}
