import { setImmediate as turn } from 'node:timers/promises'
import type { FieldType } from '../core/field.ts'
import type { PlannedPrivacy } from '../core/export-spec.ts'
import type { PrivacyMode } from '../core/privacy.ts'
import type { Cell } from '../core/record-batch.ts'
import type { RedactionCounts } from '../core/redaction-counts.ts'
import { generalise } from './generalise.ts'
import type { KeyScope, PrivacyKeys } from './keys.ts'
import { holdsText } from './policy.ts'
import { mark, pseudonym } from './pseudonym.ts'
import { createRedactor, type Redactor } from './redaction/redactor.ts'
import type { RuleSet } from './redaction/rule-set.ts'

/** What privacy works with in a process. */
export interface Privacy {
  readonly keys: PrivacyKeys
  readonly rules: RuleSet
}

/** A column before anything happens to it. */
export interface TreatedColumn {
  readonly field: string
  /** Of the field, not of what becomes of it. */
  readonly type: FieldType
  readonly privacy: PrivacyMode
}

export interface Treatment {
  /**
   * Changes the cells in place; rows may be longer than the columns. The same cells always become the same. Lets others have
   * their turn in between: cells may be large.
   */
  apply(rows: readonly Cell[][]): Promise<RedactionCounts>
}

type CellTreatment = (cell: string, found: (rule: string) => void) => Cell

/** What happens to the cells of these columns on their way out. */
export function treatment(
  { keys, rules }: Privacy,
  columns: readonly TreatedColumn[],
  planned: PlannedPrivacy,
  place: Omit<KeyScope, 'scope'>,
): Treatment {
  const scope = { ...place, scope: planned.pseudonymScope }
  const markKey = keys.derive('mark', scope, planned.keyVersion)
  const redactor = createRedactor(rules, {
    mark: (secret) => mark(markKey, secret),
    personalData: planned.personalData === 'redact',
  })
  const pseudonymKey = keys.derive('pseudonym', scope, planned.keyVersion)
  const treatments = columns.map(({ field, type, privacy }): CellTreatment | undefined => {
    switch (privacy) {
      case 'keep':
        return undefined
      case 'redact':
        return holdsText(type) ? redacting(redactor, type) : undefined
      case 'pseudonymise':
        return (cell, found) => {
          found('pseudonymise')
          return pseudonym(pseudonymKey, planned.keyVersion, field, cell)
        }
      case 'generalise':
        return (cell, found) => {
          found('generalise')
          return generalise(type, cell)
        }
      case 'drop':
        // Uncounted: how many there were would tell whether a record has one.
        return () => null
    }
  })
  return { apply: (rows) => applyTo(rows, treatments) }
}

/** After so many characters of treated cells, others get their turn. */
const turnEvery = 1_000_000

async function applyTo(
  rows: readonly Cell[][],
  treatments: readonly (CellTreatment | undefined)[],
): Promise<RedactionCounts> {
  const counts: Record<string, number[]> = {}
  let sinceTurn = 0
  for (const [column, treat] of treatments.entries()) {
    if (!treat) continue
    const found = (rule: string) => {
      const ofRule = (counts[rule] ??= Array.from({ length: treatments.length }, () => 0))
      ofRule[column]!++
    }
    for (const row of rows) {
      const cell = row[column]
      if (typeof cell !== 'string') continue
      row[column] = treat(cell, found)
      sinceTurn += cell.length
      if (sinceTurn < turnEvery) continue
      sinceTurn = 0
      await turn()
    }
  }
  return counts
}

const shortLength = 64
const rememberedTexts = 1000

/** Short texts come again and again: names of models, tools, tests. Those that were clean once need no second look. */
function redacting(redactor: Redactor, type: FieldType): CellTreatment {
  if (type === 'json') return redactor.json
  const clean = new Set<string>()
  return (cell, found) => {
    if (cell.length > shortLength) return redactor.text(cell, found)
    if (clean.has(cell)) return cell
    const redacted = redactor.text(cell, found)
    // A copy: a cell is a piece of its page's text, and would keep all of that.
    if (redacted === cell && clean.size < rememberedTexts) clean.add(Buffer.from(cell).toString())
    return redacted
  }
}
