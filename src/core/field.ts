/**
 * Words for what a record is made of.
 *
 * - record: one item of a dataset
 * - field: one named, typed, classified part of a record
 * - column: a field as it stands in one export, in its place and under its header
 * - sensitivity: who may see a field (see `core/roles.ts`)
 */

/** How a value is written; never guessed from the value itself. */
export const fieldTypes = ['text', 'int', 'bigint', 'decimal', 'float', 'bool', 'timestamp', 'json'] as const
export type FieldType = (typeof fieldTypes)[number]

/** `content` is what models and tools said (prompts, responses, paths, error texts); `personal` is about people. */
export const sensitivities = ['public', 'internal', 'content', 'personal'] as const
export type Sensitivity = (typeof sensitivities)[number]

export interface Field {
  /** snake_case: the header in files and the name on the command line. */
  readonly name: string
  readonly type: FieldType
  readonly sensitivity: Sensitivity
  readonly description: string
  /** Among the columns of an export that names none. */
  readonly inDefault?: boolean
  /** Clients may filter on it. */
  readonly filterable?: boolean
  /** May hold values of any size, so that batches must be bounded by its bytes too. */
  readonly unbounded?: boolean
  /** True when no record lacks it. */
  readonly required?: boolean
}

export interface Column {
  /** The field's name. */
  readonly field: string
  /** What the file calls it. */
  readonly header: string
  readonly type: FieldType
}

/** `total_tokens` -> `totalTokens`, the name in GraphQL. The rule has no exceptions. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `total_tokens` -> `TOTAL_TOKENS`, the name as a GraphQL enum value. The rule has no exceptions. */
export function enumCase(name: string): string {
  return name.toUpperCase()
}
