import { requirePermission, type Caller } from '../core/caller.ts'
import { AppError, invalidInput, type Problem } from '../core/errors.ts'
import type { ExportPlan, ExportSpec } from '../core/export-spec.ts'
import { camelCase, type Field } from '../core/field.ts'
import { unknownName } from '../core/suggestion.ts'
import { fieldByName, type Dataset } from '../datasets/dataset.ts'
import { datasets } from '../datasets/registry.ts'
import { formatters } from '../formatters/registry.ts'
import { refuseField } from '../privacy/policy.ts'
import { conditionProblem } from './check-filter.ts'

/** So many cells make a batch worth its query, and few enough to be held twice. */
const batchCells = 10_000
const maxBatchRows = 1000
const batchBytes = 1024 * 1024

/** What a caller asks to see, by browsing or by an export. */
export type Query = Pick<ExportSpec, 'fields' | 'filter'>

/**
 * Resolves a spec against what its caller may see.
 * @param problems what was found wrong before, to be told together
 * @throws AppError INVALID_INPUT with every problem of the spec, or FIELD_FORBIDDEN with every field that is refused
 */
export function planExport(caller: Caller, spec: ExportSpec, problems: Problem[] = []): ExportPlan {
  requirePermission(caller, 'exports:create')
  const dataset = datasets.find((each) => each.id === spec.dataset)
  if (!dataset)
    problems.push(
      unknownName(
        'dataset',
        spec.dataset,
        ['dataset'],
        datasets.map((each) => each.id),
      ),
    )
  const formatter = formatters.find((each) => each.id === spec.format)
  if (!formatter)
    problems.push(
      unknownName(
        'format',
        spec.format,
        ['format'],
        formatters.map((each) => each.id),
      ),
    )
  const options = formatter?.options.safeParse(spec.formatOptions)
  for (const issue of options?.error?.issues ?? []) {
    problems.push({ message: `${issue.message}.`, path: ['formatOptions', ...issue.path.map(String)] })
  }
  if (!dataset) throw invalidInput(problems)
  const fields = checkQuery(caller, dataset, spec, problems)
  return {
    dataset: dataset.id,
    columns: fields.map((field) => ({ field: field.name, header: field.name, type: field.type })),
    filter: spec.filter,
    direction: spec.direction,
    format: spec.format,
    formatOptions: options?.data,
    batchRows: Math.min(maxBatchRows, Math.ceil(batchCells / fields.length)),
    batchBytes,
  }
}

/**
 * The fields of a query that its caller may make; the default ones if it names none.
 * @throws AppError INVALID_INPUT or FIELD_FORBIDDEN, as `planExport` does
 */
export function checkQuery(
  caller: Caller,
  dataset: Dataset,
  query: Query,
  problems: Problem[] = [],
): readonly Field[] {
  requirePermission(caller, 'records:read')
  const names = query.fields ?? dataset.fields.filter((field) => field.inDefault).map((field) => field.name)
  const fields: Field[] = []
  const refused: Problem[] = []
  const admit = (field: Field, path: readonly string[]) => {
    const refusal = refuseField(caller.role, field)
    if (refusal) refused.push({ message: refusal, path, suggestion: `Leave ${field.name} out.` })
  }

  if (names.length === 0) {
    problems.push({
      message: 'An export needs at least one field.',
      path: ['fields'],
      suggestion: 'Leave fields out for the default ones.',
    })
  }
  names.forEach((name, index) => {
    const path = ['fields', String(index)]
    const field = fieldByName(dataset, name)
    if (!field)
      problems.push(
        unknownName(
          'field',
          name,
          path,
          dataset.fields.map((each) => each.name),
        ),
      )
    else if (names.indexOf(name) < index)
      problems.push({ message: `The field ${name} is named twice.`, path, suggestion: 'Name it once.' })
    else {
      admit(field, path)
      fields.push(field)
    }
  })
  query.filter.forEach((condition) => {
    const path = ['where', camelCase(condition.field)]
    const field = fieldByName(dataset, condition.field)
    if (!field) {
      problems.push(
        unknownName(
          'field',
          condition.field,
          path,
          dataset.fields.map((each) => each.name),
        ),
      )
      return
    }
    admit(field, path)
    if (!field.filterable) {
      const filterable = dataset.fields.filter((each) => each.filterable).map((each) => each.name)
      problems.push({
        message: `${field.name} cannot be filtered on.`,
        path,
        suggestion: `These can: ${filterable.join(', ')}.`,
      })
      return
    }
    const problem = conditionProblem(field, condition)
    if (problem) problems.push({ message: problem, path: [...path, condition.operator] })
  })

  if (problems.length > 0) throw invalidInput([...problems, ...refused])
  if (refused.length > 0) {
    throw new AppError('FIELD_FORBIDDEN', refused.map((each) => each.message).join('\n'), {
      problems: refused,
    })
  }
  return fields
}
