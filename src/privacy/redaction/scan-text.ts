import type { CompiledRules } from './compiled-rules.ts'
import { scanLongRuns } from './long-runs.ts'
import { scanAddresses, scanNumbers } from './personal/personal-numbers.ts'
import type { Scans } from './scans.ts'
import type { Scan } from './scan.ts'

/** What meeting a keyword costs beside the characters that its rules read. */
const stepsOfHit = 2

/** Looks for everything in the scan's range. */
export function scanText(scan: Scan, scans: Scans): void {
  walk(scan, scans.rules)
  if (scan.exhausted) return
  scanLongRuns(scan, scans)
  if (!scan.personalData || scan.exhausted) return
  scanNumbers(scan)
  if (!scan.exhausted) scanAddresses(scan)
}

/** The one walk over every character; what it does for each is all that clean text costs. */
function walk(scan: Scan, rules: CompiledRules): void {
  const { classes, next, firstEnd } = rules.automaton
  const { text, from, to } = scan
  let state = 0
  for (let at = from; at < to; at++) {
    state = next[(state << 6) + classes[text.charCodeAt(at)]!]!
    if (state >= firstEnd) {
      ask(scan, rules, state - firstEnd, at + 1)
      if (scan.exhausted) return
    }
  }
}

function ask(scan: Scan, rules: CompiledRules, ending: number, end: number): void {
  for (const keywordIndex of rules.automaton.ends[ending]!) {
    for (const { rule, keyword } of rules.hits[keywordIndex]!) {
      if (rule.kind === 'personal' && !scan.personalData) continue
      scan.allowance.left -= stepsOfHit
      rule.find(scan, end - keyword.length, keyword)
    }
  }
}
