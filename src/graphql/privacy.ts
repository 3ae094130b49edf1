import { enumCase } from '../core/field.ts'
import {
  personalDataModes,
  privacyModes,
  pseudonymScopes,
  type PersonalDataMode,
  type PrivacyMode,
  type PseudonymScope,
} from '../core/privacy.ts'
import { builder } from './builder.ts'

const modeTexts: Record<PrivacyMode, string> = {
  keep: 'As it is, secrets included. Takes the permission content:reveal and a reason.',
  redact: 'Secrets, and personal data in text, are replaced by markers. What happens unless asked otherwise.',
  pseudonymise: 'Each value becomes a pseudonym, the same for equal values. Text and whole numbers.',
  generalise: 'Times become their day, numbers their first digit.',
  drop: 'The column is there, and empty.',
}

const personalDataTexts: Record<PersonalDataMode, string> = {
  keep: 'Stays. Takes the permission personal:read and a reason.',
  redact: 'Is replaced by markers. What happens unless asked otherwise.',
}

const scopeTexts: Record<PseudonymScope, string> = {
  project: 'In all exports of the project, so that files can be joined. What happens unless asked otherwise.',
  export: 'In this export only, so that files cannot be joined.',
}

export const privacyMode = builder.enumType('PrivacyMode', {
  description: 'What happens to the values of a field on their way out.',
  values: enumValues(privacyModes, modeTexts),
})

export const personalDataMode = builder.enumType('PersonalDataMode', {
  description:
    'What happens to mail addresses, phone numbers, card and account numbers and network addresses within redacted text.',
  values: enumValues(personalDataModes, personalDataTexts),
})

export const pseudonymScope = builder.enumType('PseudonymScope', {
  description: 'Where equal values get equal pseudonyms, and equal secrets equal marks.',
  values: enumValues(pseudonymScopes, scopeTexts),
})

function enumValues<Name extends string>(names: readonly Name[], texts: Record<Name, string>) {
  return Object.fromEntries(
    names.map((name) => [enumCase(name), { value: name, description: texts[name] }]),
  ) as Record<string, { value: Name; description: string }>
}
