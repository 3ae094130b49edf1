import type { Field } from '../core/field.ts'
import type { Role } from '../core/roles.ts'

/** Why a field may not leave, or undefined if it may. */
export type Refusal = string | undefined

/**
 * The one place that decides which fields a role may see. Browsing, filtering, ordering and exporting all ask here, so
 * that an export never holds what its caller could not query.
 */
export function refuseField(_role: Role, field: Field): Refusal {
  if (field.sensitivity === 'public' || field.sensitivity === 'internal') return undefined
  return `The field ${field.name} is ${field.sensitivity}: it may hold secrets, and this version does not redact them yet, so it gives out no such field.`
}
