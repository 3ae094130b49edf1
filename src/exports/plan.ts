import { requirePermission, type Caller } from '../core/caller.ts'
import { invalidInput, type Problem } from '../core/errors.ts'
import type { ExportPlan, ExportSpec } from '../core/export-spec.ts'
import type { Field } from '../core/field.ts'
import type { PrivacyMode } from '../core/privacy.ts'
import { unknownName } from '../core/suggestion.ts'
import { datasets } from '../datasets/registry.ts'
import { formatters } from '../formatters/registry.ts'
import { daysToKeep, type FileDays } from '../privacy/policy.ts'
import { checkPrivacy, modesOf } from './check-privacy.ts'
import { checkQuery, throwFindings } from './check-query.ts'

/** So many cells make a batch worth its query, and few enough to be held twice. */
const batchCells = 10_000
const maxBatchRows = 1000
const batchBytes = 1024 * 1024
const partBytes = 8 * 1024 * 1024

export interface PlanRules {
  readonly keyVersion: number
  readonly fileDays: FileDays
}

/**
 * Resolves a spec against what its caller may see.
 * @param rules of the installation: the version of the privacy key to use, and how long files are kept
 * @param problems what was found wrong before, to be told together
 * @throws AppError FORBIDDEN, INVALID_INPUT with every problem of the spec, or FIELD_FORBIDDEN with all that is refused
 */
export function planExport(
  caller: Caller,
  spec: ExportSpec,
  rules: PlanRules,
  problems: Problem[] = [],
): ExportPlan {
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
  const modeOf = modesOf(spec)
  const findings = { problems, refused: [] }
  const fields = checkQuery(caller, dataset, spec, findings, modeOf)
  checkPrivacy(caller, dataset, spec, fields, findings)
  throwFindings(findings)
  return {
    dataset: dataset.id,
    columns: fields.map((field) => plannedColumn(field, modeOf(field.name))),
    filter: spec.filter,
    direction: spec.direction,
    format: spec.format,
    formatOptions: options?.data,
    batchRows: Math.min(maxBatchRows, Math.ceil(batchCells / fields.length)),
    batchBytes,
    partBytes,
    privacy: {
      personalData: spec.personalData ?? 'redact',
      pseudonymScope: spec.pseudonymScope ?? 'project',
      keyVersion: rules.keyVersion,
    },
    fileDays: daysToKeep(
      fields.filter((field) => modeOf(field.name) !== 'drop'),
      rules.fileDays,
    ),
  }
}

function plannedColumn(field: Field, privacy: PrivacyMode): ExportPlan['columns'][number] {
  const type = privacy === 'pseudonymise' ? 'text' : field.type
  return { field: field.name, header: field.name, type, privacy }
}
