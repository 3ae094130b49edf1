/**
 * What happens to the values of a field on their way out:
 * - keep: nothing; also secrets leave as they are
 * - redact: secrets, and text about people, are replaced by markers; what all text and JSON gets unless asked otherwise
 * - pseudonymise: each value becomes a name that is the same for equal values and tells nothing of them
 * - generalise: times become their day, numbers their first digit
 * - drop: the column is there, and empty
 */
export const privacyModes = ['keep', 'redact', 'pseudonymise', 'generalise', 'drop'] as const
export type PrivacyMode = (typeof privacyModes)[number]

/** Where the same value gets the same pseudonym and the same mark: in all exports of the project, or in this one only. */
export const pseudonymScopes = ['project', 'export'] as const
export type PseudonymScope = (typeof pseudonymScopes)[number]

/** What happens to mail addresses, phone numbers, cards, accounts and network addresses within text that is redacted. */
export const personalDataModes = ['keep', 'redact'] as const
export type PersonalDataMode = (typeof personalDataModes)[number]
