import { isIn, setCount, type CharacterSet } from './characters.ts'
import type { Rule } from './rule.ts'

/** What is to be replaced: `[start, end)` of the text. */
export interface Finding {
  start: number
  end: number
  readonly rule: Rule
  /** A number in JSON: what replaces it needs quotes. In how many strings of JSON around it they are to be escaped. */
  readonly bare?: number
  /** In a member name: the object it is of. */
  object?: number
}

/** What a finding costs: it is sorted, marked with a keyed hash, and counted. */
export const stepsOfFinding = 500

/** How many steps are left; shared by all scans of one cell. */
export interface Allowance {
  left: number
}

/**
 * One walk over a text: what is looked at, what was found, and what it cost. Rules read characters only through it, so
 * that they never see past the range, and every character they read is counted.
 */
export class Scan {
  text = ''
  /** The range that is looked at. */
  from = 0
  to = 0
  /** Another one for each range, for rules that remember what they looked at. */
  serial = 0
  readonly findings: Finding[] = []
  readonly allowance: Allowance
  readonly personalData: boolean
  /** How many decodings this text is away from the cell. */
  readonly depth: number
  /** Whether a name that may tell of a secret was met. */
  named = false
  /** Beginnings and ends of markers that earlier redaction left. */
  readonly markers: number[] = []
  /** Whether the text was decoded from base64 or a URL; such is looked into one level deep. */
  readonly decoded: boolean
  /** For each set, a run of it that was walked before: rules that meet again in a run need not walk it again. */
  readonly #runStarts = new Int32Array(setCount)
  readonly #runEnds = new Int32Array(setCount)
  #walked = false

  constructor(allowance: Allowance, personalData: boolean, depth: number, decoded: boolean) {
    this.allowance = allowance
    this.personalData = personalData
    this.depth = depth
    this.decoded = decoded
  }

  /** Forgets all and begins with another text. */
  begin(text: string): void {
    this.text = text
    this.named = false
    if (this.findings.length > 0) this.findings.length = 0
    if (this.markers.length > 0) this.markers.length = 0
    this.range(0, text.length)
  }

  /** Looks at another part of the same text. */
  range(from: number, to: number): void {
    this.from = from
    this.to = to
    this.serial++
    if (this.#walked) {
      this.#runEnds.fill(0)
      this.#walked = false
    }
  }

  get exhausted(): boolean {
    return this.allowance.left < 0
  }

  /** The code unit at a place, or -1 outside the range. */
  code(at: number): number {
    return at < this.from || at >= this.to ? -1 : this.text.charCodeAt(at)
  }

  has(at: number, set: CharacterSet): boolean {
    return isIn(this.code(at), set)
  }

  /** Whether exactly this stands at a place, inside the range. */
  startsWith(what: string, at: number): boolean {
    return at >= this.from && at + what.length <= this.to && this.text.startsWith(what, at)
  }

  /** Where the run of the set's characters that begins at `at` ends. Walks no run twice, so that floods stay linear. */
  run(set: CharacterSet, at: number): number {
    const { index } = set
    if (at >= this.#runStarts[index]! && at < this.#runEnds[index]!) return this.#runEnds[index]!
    let end = at
    while (end < this.to && isIn(this.text.charCodeAt(end), set)) end++
    this.allowance.left -= end - at
    this.#runStarts[index] = at
    this.#runEnds[index] = end
    this.#walked = true
    return end
  }

  /** As `run`, but at most `limit` characters. */
  shortRun(set: CharacterSet, at: number, limit: number): number {
    const stop = Math.min(this.to, at + limit)
    let end = at
    while (end < stop && isIn(this.text.charCodeAt(end), set)) end++
    this.allowance.left -= end - at
    return end
  }

  /** Where a run of at most `limit` characters that ends before `at` begins. */
  runBefore(set: CharacterSet, at: number, limit: number): number {
    const stop = Math.max(this.from, at - limit)
    let start = at
    while (start > stop && isIn(this.text.charCodeAt(start - 1), set)) start--
    this.allowance.left -= at - start
    return start
  }

  report(rule: Rule, start: number, end: number): void {
    if (end <= start) return
    const last = this.findings.at(-1)
    // Floods of a keyword inside one token would else make a finding each.
    if (last && last.start <= start && end <= last.end && last.rule.rank <= rule.rank) return
    this.allowance.left -= stepsOfFinding
    this.findings.push({ start, end, rule })
  }
}
