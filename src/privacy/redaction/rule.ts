import type { Scan } from './scan.ts'

/** One kind of secret or personal data, and how it is found. */
export interface Rule {
  readonly id: string
  readonly description: string
  readonly kind: 'secret' | 'personal'
  /** Of findings that overlap, the one of the lowest rank names the whole: 0 for a known shape, 1 for a name, 2 for a guess. */
  readonly rank: 0 | 1 | 2
  /** Every text with such a finding holds one of them, in any case of letters. */
  readonly keywords: readonly string[]
  /** Looks around a keyword that begins at `at`, and reports what it finds. */
  readonly find: (scan: Scan, at: number, keyword: string) => void
  /** Looks for what belongs to a finding of this rule, wherever it stands around it: also in other strings of a JSON text. */
  readonly beside?: (scan: Scan, start: number, end: number) => void
}
