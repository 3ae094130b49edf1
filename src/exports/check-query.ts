import { requirePermission, type Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import type { ExportSpec } from '../core/export-spec.ts'
import { camelCase, type Field } from '../core/field.ts'
import type { PrivacyMode } from '../core/privacy.ts'
import { unknownName } from '../core/suggestion.ts'
import { fieldByName, type Dataset } from '../datasets/dataset.ts'
import { refuseField, refuseFilter } from '../privacy/policy.ts'
import { conditionProblem } from './check-filter.ts'

/** What a caller asks to see, by browsing or by an export. */
export type Query = Pick<ExportSpec, 'fields' | 'filter'>

/** What is wrong with what was asked: with the words of it, and with the right to it. */
export interface Findings {
  readonly problems: Problem[]
  readonly refused: Problem[]
}

/**
 * The fields of a query that its caller may make; the default ones if it names none.
 * @param modeOf what happens to a field's values; in browsing, all is redacted
 * @param findings what was found before, to be told together; what is found here is added
 * @throws AppError FORBIDDEN
 */
export function checkQuery(
  caller: Caller,
  dataset: Dataset,
  query: Query,
  findings: Findings,
  modeOf: (field: string) => PrivacyMode = () => 'redact',
): readonly Field[] {
  requirePermission(caller, 'records:read')
  const names = query.fields ?? dataset.fields.filter((field) => field.inDefault).map((field) => field.name)
  if (names.length === 0) {
    findings.problems.push({
      message: 'An export needs at least one field.',
      path: ['fields'],
      suggestion: 'Leave fields out for the default ones.',
    })
  }
  const fields = names.flatMap((name, index) => {
    const path = ['fields', String(index)]
    const field = fieldByName(dataset, name)
    if (!field) {
      findings.problems.push(unknownField(dataset, name, path))
      return []
    }
    if (names.indexOf(name) < index) {
      findings.problems.push({
        message: `The field ${name} is named twice.`,
        path,
        suggestion: 'Name it once.',
      })
      return []
    }
    const refusal = refuseField(caller, field, modeOf(name))
    if (refusal) findings.refused.push({ message: refusal, path, suggestion: `Leave ${name} out.` })
    return [field]
  })
  checkFilter(caller, dataset, query, findings)
  return fields
}

function checkFilter(caller: Caller, dataset: Dataset, query: Query, { problems, refused }: Findings): void {
  for (const condition of query.filter) {
    const path = ['where', camelCase(condition.field)]
    const field = fieldByName(dataset, condition.field)
    if (!field) {
      problems.push(unknownField(dataset, condition.field, path))
      continue
    }
    const refusal = refuseFilter(caller, field)
    if (refusal) refused.push({ message: refusal, path, suggestion: `Leave ${field.name} out.` })
    if (!field.filterable) {
      const filterable = dataset.fields.filter((each) => each.filterable).map((each) => each.name)
      problems.push({
        message: `${field.name} cannot be filtered on.`,
        path,
        suggestion: `These can: ${filterable.join(', ')}.`,
      })
      continue
    }
    const problem = conditionProblem(field, condition)
    if (problem) problems.push({ message: problem, path: [...path, condition.operator] })
  }
}

export function unknownField(dataset: Dataset, name: string, path: readonly string[]): Problem {
  return unknownName(
    'field',
    name,
    path,
    dataset.fields.map((each) => each.name),
  )
}

/** @throws AppError INVALID_INPUT with everything that was found, or FIELD_FORBIDDEN with all that is refused */
export function throwFindings({ problems, refused }: Findings): void {
  if (problems.length > 0) throw invalidInput([...problems, ...refused])
  if (refused.length === 0) return
  throw new AppError('FIELD_FORBIDDEN', refused.map((each) => each.message).join('\n'), { problems: refused })
}
