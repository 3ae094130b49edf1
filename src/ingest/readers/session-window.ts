/**
 * What was met lately: entries by key, of which those that were touched longest ago leave when there are too many or
 * they are too large together. However long a file is, no more than this is held of it.
 */
export class SessionWindow<Value> {
  readonly #entries = new Map<string, { value: Value; size: number }>()
  readonly #maxEntries: number
  readonly #maxSize: number
  #size = 0

  /** @param maxSize in the unit of the entries' sizes */
  constructor(maxEntries: number, maxSize = Infinity) {
    this.#maxEntries = maxEntries
    this.#maxSize = maxSize
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)?.value
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** Puts an entry in, or again with its new size. Returns what leaves for it, perhaps the entry itself. */
  put(key: string, value: Value, size = 0): Value[] {
    this.#size += size - (this.#entries.get(key)?.size ?? 0)
    this.#entries.delete(key)
    this.#entries.set(ownCopy(key), { value, size })
    const left: Value[] = []
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxEntries && this.#size <= this.#maxSize) break
      this.#entries.delete(oldest)
      this.#size -= entry.size
      left.push(entry.value)
    }
    return left
  }

  /** Takes everything out, longest untouched first. */
  drain(): Value[] {
    const values = [...this.#entries.values()].map(({ value }) => value)
    this.#entries.clear()
    this.#size = 0
    return values
  }
}

/** A string cut out of a line keeps the whole line in memory: ten thousand ids would be ten thousand lines. */
function ownCopy(key: string): string {
  return Buffer.from(key, 'utf8').toString('utf8')
}
