import { hasPermission, type Caller } from '../core/caller.ts'
import type { Field, FieldType, Sensitivity } from '../core/field.ts'
import type { PersonalDataMode, PrivacyMode } from '../core/privacy.ts'
import type { Permission } from '../core/roles.ts'

/**
 * The one place that decides what a caller may see of which field. Browsing, filtering, ordering, exporting, a running
 * export and downloading all ask here, so that an export never holds what its caller could not query.
 */

/** Why not, or undefined if the caller may. */
export type Refusal = string | undefined

type Holder = Pick<Caller, 'permissions' | 'role'>

/** A class that is not named here cannot be: the compiler asks for it. */
const readingTakes: Record<Sensitivity, Permission> = {
  public: 'records:read',
  internal: 'records:read',
  content: 'content:read',
  personal: 'personal:read',
}

/** Whether a field may leave, its values treated in a mode. */
export function refuseField(holder: Holder, field: Field, mode: PrivacyMode = 'redact'): Refusal {
  // Nothing of it leaves.
  if (mode === 'drop') return undefined
  const needed = readingTakes[field.sensitivity]
  if (!hasPermission(holder, needed)) {
    return `The field ${field.name} is ${field.sensitivity}: it takes the permission ${needed}, which the role ${holder.role} or its scopes lack.`
  }
  if (isRevealed(field.type, mode) && !hasPermission(holder, 'content:reveal')) {
    return `The field ${field.name} unredacted takes the permission content:reveal, which the role ${holder.role} or its scopes lack.`
  }
  return undefined
}

/**
 * Whether a field may be compared with. Comparing tells of the value as it is, not as it is shown: what is shown redacted
 * could be found out by asking often enough.
 */
export function refuseFilter(holder: Holder, field: Field): Refusal {
  return refuseField(holder, field, field.sensitivity === 'content' ? 'keep' : 'redact')
}

/** Whether what is about people may stay in text that is redacted otherwise. */
export function refusePersonalData(holder: Holder, mode: PersonalDataMode): Refusal {
  if (mode === 'redact' || hasPermission(holder, 'personal:read')) return undefined
  return `Personal data in text takes the permission personal:read, which the role ${holder.role} or its scopes lack.`
}

/** Whether a mode lets through what would be redacted otherwise: only text and JSON can hold such. */
export function isRevealed(type: FieldType, mode: PrivacyMode): boolean {
  return mode === 'keep' && holdsText(type)
}

export function holdsText(type: FieldType): boolean {
  return type === 'text' || type === 'json'
}

/** What a mode cannot do with a type, as a sentence. */
export function modeProblem(field: Field, mode: PrivacyMode): string | undefined {
  if (mode === 'pseudonymise' && !pseudonymisable.includes(field.type)) {
    return `${field.name} is ${field.type}; text and whole numbers can be pseudonymised.`
  }
  if (mode === 'generalise' && !generalisable.includes(field.type)) {
    return `${field.name} is ${field.type}; times and numbers can be generalised.`
  }
  return undefined
}

const pseudonymisable: readonly FieldType[] = ['text', 'int', 'bigint']
const generalisable: readonly FieldType[] = ['timestamp', 'int', 'bigint', 'decimal', 'float']

/** How many days files are kept that hold fields of each class. */
export type FileDays = Readonly<Record<Sensitivity, number>>

/** How many days a file of these fields is kept: as its most short-lived field is. */
export function daysToKeep(fields: readonly Field[], days: FileDays): number {
  return Math.min(...fields.map((field) => days[field.sensitivity]), days.public)
}
