import type { Caller } from '../core/caller.ts'
import type { ExportPlan, ExportSpec } from '../core/export-spec.ts'
import type { Field } from '../core/field.ts'
import type { PrivacyMode } from '../core/privacy.ts'
import { fieldByName, type Dataset } from '../datasets/dataset.ts'
import { datasetById } from '../datasets/registry.ts'
import { isRevealed, modeProblem, refuseField, refuseFilter, refusePersonalData } from '../privacy/policy.ts'
import { unknownField, type Findings } from './check-query.ts'

const reasonLength = { min: 10, max: 500 }

/** What the spec says happens to a field's values. */
export function modesOf(spec: Pick<ExportSpec, 'privacy'>): (field: string) => PrivacyMode {
  const modes = new Map(spec.privacy.map(({ field, mode }) => [field, mode]))
  return (field) => modes.get(field) ?? 'redact'
}

/** Checks the modes of a spec, and that whatever leaves unredacted was asked for with a reason. */
export function checkPrivacy(
  caller: Caller,
  dataset: Dataset,
  spec: ExportSpec,
  exported: readonly Field[],
  findings: Findings,
): void {
  const { problems, refused } = findings
  const named = new Set<string>()
  spec.privacy.forEach(({ field: name, mode }, index) => {
    const path = ['privacy', String(index)]
    const field = fieldByName(dataset, name)
    const problem = field && modeProblem(field, mode)
    if (!field) problems.push(unknownField(dataset, name, [...path, 'field']))
    else if (named.has(name))
      problems.push({ message: `The field ${name} has two modes.`, path, suggestion: 'Give it one.' })
    else if (!exported.includes(field))
      problems.push({
        message: `The field ${name} has a mode but is not exported.`,
        path,
        suggestion: `Add ${name} to the fields, or leave its mode out.`,
      })
    else if (problem)
      problems.push({
        message: problem,
        path: [...path, 'mode'],
        suggestion: 'Use redact or drop, or leave the field out.',
      })
    named.add(name)
  })
  const personalData = spec.personalData ?? 'redact'
  const refusal = refusePersonalData(caller, personalData)
  if (refusal) {
    refused.push({ message: refusal, path: ['personalData'], suggestion: 'Leave it out: it is redacted.' })
  }
  checkReason(spec, exported, findings)
}

function checkReason(spec: ExportSpec, exported: readonly Field[], { problems }: Findings): void {
  const modeOf = modesOf(spec)
  const revealed = exported
    .filter((field) => isRevealed(field.type, modeOf(field.name)))
    .map(({ name }) => name)
  if (spec.personalData === 'keep') revealed.push('personal data in text')
  const reason = spec.reason?.trim()
  if (reason === undefined || reason === '') {
    if (revealed.length === 0) return
    problems.push({
      message: `${revealed.join(', ')}: what leaves unredacted takes a written reason.`,
      path: ['reason'],
      suggestion: 'Say why; it is kept with the export.',
    })
  } else if (
    reason.length < reasonLength.min ||
    reason.length > reasonLength.max ||
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    /[\u0000-\u0008\u000b-\u001f\u007f]/.test(reason) ||
    !reason.isWellFormed()
  ) {
    problems.push({
      message: `A reason has ${reasonLength.min} to ${reasonLength.max} characters, all printable.`,
      path: ['reason'],
    })
  }
}

/** Which columns of a plan a caller may see redacted: of the others, not even the counts of what was replaced are told. */
export function visibleColumns(caller: Caller, plan: ExportPlan): readonly boolean[] {
  const dataset = datasetById(plan.dataset)
  return plan.columns.map(({ field }) => {
    const found = fieldByName(dataset, field)
    return found !== undefined && refuseField(caller, found) === undefined
  })
}

/**
 * Why a caller may not have what a plan exports, each reason once; empty if it may. The plan is its own or another's, made
 * some time ago: the caller's permissions may have changed since.
 */
export function planRefusals(caller: Caller, plan: ExportPlan): readonly string[] {
  const dataset = datasetById(plan.dataset)
  const field = (name: string): Field => {
    const found = fieldByName(dataset, name)
    if (!found) throw new Error(`a plan exports ${name}, which ${dataset.id} does not have any more`)
    return found
  }
  const refusals = [
    ...plan.columns.map((column) => refuseField(caller, field(column.field), column.privacy)),
    ...plan.filter.map((condition) => refuseFilter(caller, field(condition.field))),
    refusePersonalData(caller, plan.privacy.personalData),
  ]
  return [...new Set(refusals.filter((each) => each !== undefined))]
}
