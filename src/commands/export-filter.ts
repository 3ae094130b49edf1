import type { Problem } from '../core/errors.ts'
import { camelCase } from '../core/field.ts'

/** The flags of `export` that say which records; a text of which several may be given finds any of them. */
export interface FilterFlags {
  readonly since?: string
  readonly until?: string
  readonly provider?: readonly string[]
  readonly model?: readonly string[]
  readonly test?: readonly string[]
  readonly run?: readonly string[]
  readonly session?: readonly string[]
  readonly kind?: readonly string[]
  readonly tool?: readonly string[]
  readonly metric?: readonly string[]
  readonly success?: boolean
}

/** The field that each flag is about. */
const fieldNames: Readonly<Record<keyof FilterFlags, string>> = {
  since: 'occurred_at',
  until: 'occurred_at',
  provider: 'provider',
  model: 'model',
  test: 'test_id',
  run: 'run',
  session: 'session_id',
  kind: 'kind',
  tool: 'tool_name',
  metric: 'metric',
  success: 'success',
}

const flagNames = Object.keys(fieldNames) as (keyof FilterFlags)[]

/** A dataset as the server describes it. */
interface FilteredDataset {
  readonly name: string
  readonly fields: readonly { readonly name: string; readonly isFilterable: boolean }[]
}

/** The filter that the flags stand for; each one that the dataset cannot be filtered by adds a problem. */
export function filterOf(dataset: FilteredDataset, flags: FilterFlags, problems: Problem[]): object {
  const filterable = new Set(dataset.fields.filter((field) => field.isFilterable).map((field) => field.name))
  const known = flagNames.filter((flag) => filterable.has(fieldNames[flag])).map((flag) => `--${flag}`)
  const where: Record<string, object> = {}
  for (const flag of flagNames) {
    const value = flags[flag]
    if (value === undefined) continue
    const field = fieldNames[flag]
    if (filterable.has(field)) {
      where[camelCase(field)] = { ...where[camelCase(field)], ...comparison(flag, value) }
    } else {
      problems.push({
        message: `--${flag} cannot be used with ${dataset.name}, which cannot be filtered by ${field}.`,
        path: [`--${flag}`],
        suggestion: `It can be filtered with ${known.join(', ')}.`,
      })
    }
  }
  return where
}

function comparison(flag: keyof FilterFlags, value: NonNullable<FilterFlags[keyof FilterFlags]>): object {
  if (flag === 'since') return { gte: value }
  if (flag === 'until') return { lt: value }
  return Array.isArray(value) ? { in: value } : { eq: value }
}
