import { automatonOf, type Automaton } from './automaton.ts'
import { budgetRule, markerEnd, markerRule, markerStart } from './markers.ts'
import type { Rule } from './rule.ts'

interface Hit {
  readonly rule: Rule
  /** The keyword as the rule writes it. */
  readonly keyword: string
}

/** Rules made ready to be looked for. */
export interface CompiledRules {
  readonly automaton: Automaton
  /** By the automaton's keyword: the rules that are asked. */
  readonly hits: readonly (readonly Hit[])[]
  /** The ids that markers may have. */
  readonly ids: ReadonlySet<string>
}

export function compile(rules: readonly Rule[]): CompiledRules {
  const ids = new Set([...rules.map((rule) => rule.id), budgetRule])
  const byKeyword = new Map<string, Hit[]>()
  for (const rule of [...rules, markers(ids)]) {
    for (const keyword of rule.keywords) {
      const key = keyword.toLowerCase()
      const hits = byKeyword.get(key)
      if (hits) hits.push({ rule, keyword })
      else byKeyword.set(key, [{ rule, keyword }])
    }
  }
  return {
    automaton: automatonOf([...byKeyword.keys()]),
    hits: [...byKeyword.values()],
    ids,
  }
}

/** Notes markers of earlier redaction, which are no secrets, whatever stands before them. */
const markers = (ids: ReadonlySet<string>): Rule => ({
  id: markerRule,
  description: 'Markers of earlier redaction',
  kind: 'secret',
  rank: 0,
  keywords: [markerStart],
  find: (scan, at) => {
    const end = markerEnd(scan.text, at, ids)
    if (end > 0 && end <= scan.to) scan.markers.push(at, end)
  },
})
