/** More than any record needs: what is larger is told as too large without being held. */
export const maxItemMiB = 16
export const maxItemBytes = maxItemMiB * 2 ** 20
const maxBeginning = 1000

/** The bytes of an item as they stand in the file. */
export interface RawItem {
  /** Undefined for more than 16 MiB. */
  readonly bytes: Buffer | undefined
  /** Enough of them to be shown. */
  readonly beginning: Buffer
  /** Where it begins, both from 1; the column in bytes. */
  readonly line: number
  readonly column: number
}

/** Gathers the bytes of one item, which come in pieces; of one that is too large no more than its beginning is held. */
export class ItemBytes {
  readonly #line: number
  readonly #column: number
  #pieces: Buffer[] = []
  #length = 0
  #beginning: Buffer | undefined

  constructor(line: number, column: number) {
    this.#line = line
    this.#column = column
  }

  add(piece: Buffer): void {
    if (this.#beginning) return
    this.#pieces.push(piece)
    this.#length += piece.length
    if (this.#length <= maxItemBytes) return
    this.#beginning = Buffer.concat(this.#pieces, maxBeginning)
    this.#pieces = []
  }

  whole(): RawItem {
    const position = { line: this.#line, column: this.#column }
    if (this.#beginning) return { ...position, bytes: undefined, beginning: this.#beginning }
    const bytes = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    return { ...position, bytes, beginning: bytes.subarray(0, maxBeginning) }
  }
}
