/** How often each rule, or mode (but drop), changed cells of each column, in column order; rules that found nothing are absent. */
export type RedactionCounts = Readonly<Record<string, readonly number[]>>

/** What was changed in an export, and by which version of the rules. */
export interface Redactions {
  readonly rules: string
  readonly counts: RedactionCounts
}

/** Both together: counts are additive. */
export function addRedactionCounts(sum: RedactionCounts, more: RedactionCounts): RedactionCounts {
  const names = Object.keys(more)
  if (names.length === 0) return sum
  const added: Record<string, readonly number[]> = { ...sum }
  for (const name of names) {
    const before = sum[name]
    added[name] = before ? more[name]!.map((count, column) => count + before[column]!) : more[name]!
  }
  return added
}
