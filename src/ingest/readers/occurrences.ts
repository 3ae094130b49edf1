/** Slots of the first table; each further one has twice as many. */
const firstSlots = 2 ** 12
/** A table takes no more than so much of its slots, so that the way to a free one stays short. */
const maxLoad = 0.75

/**
 * Counts how many times each digest came before. A file may hold tens of millions of records, so that a digest takes
 * four to ten bytes here: which slot it is in and 32 bits more tell it from the others. Two that fall together, one pair
 * in many millions, make the second a second occurrence: that is no harm where the digest is part of the key too.
 */
export class Occurrences {
  readonly #tables: Uint32Array[] = [new Uint32Array(firstSlots)]
  readonly #repeated = new Map<string, number>()
  #taken = 0

  /** @param digest of a hash function, 8 bytes or more
   *  @returns 1 for the first of its kind, 2 for the next, and so on */
  next(digest: Buffer): number {
    const start = digest.readUInt32LE(0)
    // Zero marks a free slot.
    const mark = digest.readUInt32LE(4) || 1
    const newest = this.#tables.length - 1
    for (let each = 0; each < newest; each++) {
      const table = this.#tables[each]!
      if (table[slotOf(table, start, mark)] === mark) return this.#again(digest)
    }
    const table = this.#tables[newest]!
    const slot = slotOf(table, start, mark)
    if (table[slot] === mark) return this.#again(digest)
    table[slot] = mark
    if (++this.#taken > table.length * maxLoad) {
      this.#tables.push(new Uint32Array(table.length * 2))
      this.#taken = 0
    }
    return 1
  }

  #again(digest: Buffer): number {
    const key = digest.toString('latin1', 0, 8)
    const occurrence = (this.#repeated.get(key) ?? 1) + 1
    this.#repeated.set(key, occurrence)
    return occurrence
  }
}

/** Where the mark is, or where it would go. */
function slotOf(table: Uint32Array, start: number, mark: number): number {
  const mask = table.length - 1
  let slot = start & mask
  while (table[slot] !== 0 && table[slot] !== mark) slot = (slot + 1) & mask
  return slot
}
