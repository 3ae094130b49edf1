import { alphanumeric, digits, hex, isIn, word, type CharacterSet } from './characters.ts'
import { longest } from './randomness.ts'
import type { Rule } from './rule.ts'
import type { Scan } from './scan.ts'

export interface TokenShape {
  readonly id: string
  readonly description: string
  /** What every such token begins with, in exactly this case. */
  readonly prefixes: readonly string[]
  /** What follows the prefix. */
  readonly body: CharacterSet
  readonly min: number
  /** Longer runs are something else; without it the whole run is the token, so that no tail is left. */
  readonly max?: number
  /** The prefix is so short that it may stand inside words: then it counts only at a word's beginning. */
  readonly atWordStart?: boolean
  /** Asked last, about the whole of it. */
  readonly check?: (text: string, start: number, end: number) => boolean
}

/** A rule for tokens that are a known prefix and a run of known characters. */
export function tokenRule(shape: TokenShape): Rule {
  const { prefixes, body, min, max = Infinity, atWordStart = false, check } = shape
  const rule: Rule = {
    id: shape.id,
    description: shape.description,
    kind: 'secret',
    rank: 0,
    keywords: prefixes,
    find: (scan, at, keyword) => {
      if (!scan.startsWith(keyword, at)) return
      const bodyStart = at + keyword.length
      const end = withoutDots(scan, bodyStart, scan.run(body, bodyStart))
      if (end - bodyStart < min || end - bodyStart > max) return
      if (atWordStart && !startsWord(scan, at)) return
      if (check) {
        scan.allowance.left -= Math.min(end - at, longest)
        if (!check(scan.text, at, end)) return
      }
      scan.report(rule, at, end)
    },
  }
  return rule
}

/** Where a run ends without the full stop of the sentence that it stands in. */
export function withoutDots(scan: Scan, start: number, end: number): number {
  let at = end
  while (at > start && scan.code(at - 1) === 46) at--
  scan.allowance.left -= end - at
  return at
}

/** Whether a word may begin here: after no letter or digit, or after one that belongs to an escape (`\n`, `%20`, `ESC[0m`). */
export function startsWord(scan: Scan, at: number): boolean {
  const before = scan.code(at - 1)
  if (!isIn(before, word)) return true
  if (scan.code(at - 2) === 92 /* \ */) return 'nrtbfv0'.includes(String.fromCharCode(before))
  if (scan.code(at - 3) === 37 /* % */ && scan.has(at - 2, hex)) return isIn(before, hex)
  if (scan.code(at - 5) === 117 /* u */ && scan.code(at - 6) === 92)
    return scan.runBefore(hex, at, 4) === at - 4
  if (before === 109 /* m */) {
    const start = scan.runBefore(digits, at - 1, 3)
    return start < at - 1 && (scan.code(start - 1) === 91 /* [ */ || scan.code(start - 1) === 59) /* ; */
  }
  return false
}

/** Whether a word ends before this place. */
export function endsWord(scan: Scan, at: number): boolean {
  return !scan.has(at, word)
}

/** Where `parts` of alternating sets and separators end, or -1 if they are not there. */
export function sequence(
  scan: Scan,
  at: number,
  parts: readonly (readonly [set: CharacterSet, min: number, max: number] | string)[],
): number {
  let place = at
  for (const part of parts) {
    if (typeof part === 'string') {
      if (!scan.startsWith(part, place)) return -1
      place += part.length
    } else {
      const [set, min, max] = part
      const end = max === Infinity ? scan.run(set, place) : scan.shortRun(set, place, max)
      if (end - place < min) return -1
      place = end
    }
  }
  return place
}

/** A rule for secrets that are a prefix and some parts of different characters. */
export function sequenceRule(
  shape: Pick<TokenShape, 'id' | 'description' | 'prefixes' | 'atWordStart'> & {
    readonly parts: Parameters<typeof sequence>[2]
    readonly check?: (scan: Scan, start: number, end: number) => boolean
  },
): Rule {
  const rule: Rule = {
    id: shape.id,
    description: shape.description,
    kind: 'secret',
    rank: 0,
    keywords: shape.prefixes,
    find: (scan, at, keyword) => {
      if (!scan.startsWith(keyword, at)) return
      const end = sequence(scan, at + keyword.length, shape.parts)
      if (end < 0 || (shape.atWordStart === true && !startsWord(scan, at))) return
      if (shape.check && !shape.check(scan, at, end)) return
      scan.report(rule, at, end)
    },
  }
  return rule
}

/** Whether what stands between is neither all letters nor all digits. */
export const alphanumericMix = (text: string, start: number, end: number): boolean => {
  let kinds = 0
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (isIn(code, digits)) kinds |= 1
    else if (isIn(code, alphanumeric)) kinds |= 2
    if (kinds === 3) return true
  }
  return false
}
