/**
 * What a set of records comes to, whatever their order: so two ways of reading them can be compared. A record that is
 * missing, doubled or another's changes it.
 */
export interface KeyFold {
  readonly count: bigint
  /** Over the records' numbers. */
  readonly sum: bigint
  readonly xor: bigint
}

export const nothingFolded: KeyFold = { count: 0n, sum: 0n, xor: 0n }

export function foldIds(fold: KeyFold, ids: readonly bigint[]): KeyFold {
  let { sum, xor } = fold
  for (const id of ids) {
    sum += id
    xor ^= id
  }
  return { count: fold.count + BigInt(ids.length), sum, xor }
}

export function addFolds(a: KeyFold, b: KeyFold): KeyFold {
  return { count: a.count + b.count, sum: a.sum + b.sum, xor: a.xor ^ b.xor }
}

export function sameFold(a: KeyFold, b: KeyFold): boolean {
  return a.count === b.count && a.sum === b.sum && a.xor === b.xor
}

/** As JSON holds it, which has no such large numbers. */
export interface StoredFold {
  readonly count: string
  readonly sum: string
  readonly xor: string
}

export function storedFold(fold: KeyFold): StoredFold {
  return { count: String(fold.count), sum: String(fold.sum), xor: String(fold.xor) }
}
