import type { CountKind, Counts } from '../core/counts.ts'

/** Collects one batch's counts; it holds nothing until something happens, which for most batches is never. */
export class Tally {
  readonly #width: number
  readonly #counts: { [kind in CountKind]?: number[] } = {}

  /** @param width how many columns there are */
  constructor(width: number) {
    this.#width = width
  }

  add(kind: CountKind, column: number, count: number): void {
    if (count === 0) return
    const counts = (this.#counts[kind] ??= Array.from({ length: this.#width }, () => 0))
    counts[column] = (counts[column] ?? 0) + count
  }

  counts(): Counts {
    return this.#counts
  }
}
