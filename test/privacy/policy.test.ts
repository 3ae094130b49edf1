import { expect, it } from 'vitest'
import {
  fieldTypes,
  sensitivities,
  type Field,
  type FieldType,
  type Sensitivity,
} from '../../src/core/field.ts'
import { privacyModes } from '../../src/core/privacy.ts'
import { roleNames, roles } from '../../src/core/roles.ts'
import { field } from '../../src/datasets/table-field.ts'
import { toolCalls } from '../../src/db/schema/schema.ts'
import { modeProblem, refuseField, refuseFilter, refusePersonalData } from '../../src/privacy/policy.ts'

const fieldOf = (type: FieldType, sensitivity: Sensitivity): Field => ({
  name: 'it',
  type,
  sensitivity,
  description: '',
})
const holder = (role: keyof typeof roles) => ({ role, permissions: roles[role] })

/** Who may see what class in which way, written out; what is not here is refused. */
const seers = {
  public: ['reader', 'analyst', 'steward', 'admin', 'operator'],
  internal: ['reader', 'analyst', 'steward', 'admin', 'operator'],
  content: ['analyst', 'steward', 'admin', 'operator'],
  personal: ['steward', 'admin', 'operator'],
} as const
const revealers: readonly string[] = ['steward', 'admin', 'operator']

it('gives each class to the roles of the table, and to nobody else', () => {
  for (const role of roleNames) {
    for (const sensitivity of sensitivities) {
      const sees = (seers[sensitivity] as readonly string[]).includes(role)
      for (const type of fieldTypes) {
        const it = fieldOf(type, sensitivity)
        for (const mode of privacyModes) {
          const needsReveal = mode === 'keep' && (type === 'text' || type === 'json')
          const may = mode === 'drop' || (sees && (!needsReveal || revealers.includes(role)))
          expect(
            refuseField(holder(role), it, mode) === undefined,
            `${role} ${sensitivity} ${type} ${mode}`,
          ).toBe(may)
        }
        const mayFilter =
          sees &&
          (sensitivity !== 'content' || (type !== 'text' && type !== 'json') || revealers.includes(role))
        expect(refuseFilter(holder(role), it) === undefined, `${role} filters ${sensitivity} ${type}`).toBe(
          mayFilter,
        )
      }
    }
    expect(refusePersonalData(holder(role), 'keep') === undefined, role).toBe(revealers.includes(role))
    expect(refusePersonalData(holder(role), 'redact')).toBeUndefined()
  }
})

it('gives nothing to a key whose scopes leave nothing', () => {
  for (const sensitivity of sensitivities) {
    expect(refuseField({ role: 'admin', permissions: [] }, fieldOf('text', sensitivity))).toContain('lack')
  }
})

it('says which mode does not go with which type', () => {
  const may = (mode: 'pseudonymise' | 'generalise') =>
    fieldTypes.filter((type) => modeProblem(fieldOf(type, 'public'), mode) === undefined)
  expect(may('pseudonymise')).toEqual(['text', 'int', 'bigint'])
  expect(may('generalise')).toEqual(['int', 'bigint', 'decimal', 'float', 'timestamp'])
})

it('lets no field be without a class: the build fails', () => {
  // @ts-expect-error -- a field takes a class
  const unclassified: Field = { name: 'a', type: 'text', description: '' }
  // @ts-expect-error -- and one that the policy knows
  const unknown = () => field('a', 'text', 'secret', toolCalls.toolName, '')
  // What gets past the compiler all the same is refused.
  expect(refuseField(holder('operator'), unclassified)).toContain('undefined')
  expect(unknown).toBeDefined()
})
