/**
 * What a formatter could not keep as it was, counted for each column so that nothing is changed silently.
 *
 * - replaced: characters the format cannot hold, written as U+FFFD
 * - guarded: cells written with a leading apostrophe so that no spreadsheet runs them as a formula
 * - cut: cells shortened to the format's limit
 */
export const countKinds = ['replaced', 'guarded', 'cut'] as const
export type CountKind = (typeof countKinds)[number]

/** One number for each column, in column order; a kind that did not occur is absent. */
export type Counts = { readonly [kind in CountKind]?: readonly number[] }

/** The sum of two counts over the same columns. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum: { [kind in CountKind]?: readonly number[] } = {}
  for (const kind of countKinds) {
    const left = a[kind]
    const right = b[kind]
    if (left && right) sum[kind] = left.map((count, column) => count + (right[column] ?? 0))
    else if (left ?? right) sum[kind] = (left ?? right)!
  }
  return sum
}
