import { ItemBytes } from './raw-item.ts'
import type { RawItem } from './raw-item.ts'
import { BrokenStructure, ValueScanner } from './value-scanner.ts'

const newline = 0x0a
const comma = 0x2c
const listStart = 0x5b
const listEnd = 0x5d

/** What may come next, in the words of a fault; an item that has begun is no matter of the array's. */
const expectations = {
  array: '"["',
  first: 'a value',
  item: 'a value',
  next: '"," or "]"',
  nothing: 'the end',
} as const

/** The items of a JSON array that comes in pieces, as they stand there: what is in them need not be JSON. */
export class ArraySplitter {
  #expected: keyof typeof expectations = 'array'
  readonly #scanner = new ValueScanner()
  /** Of the piece. */
  #offset = 0
  #line = 1
  #lineStart = 0
  /** The first one in the piece that is not counted. */
  #newline = Infinity
  /** The one that has begun and not ended. */
  #item: ItemBytes | undefined;

  /** @throws BrokenStructure */
  *push(piece: Buffer): Generator<RawItem> {
    let index = 0
    this.#newline = indexOf(piece, newline, 0)
    while (index < piece.length) {
      if (!this.#item) {
        index = this.#itemStart(piece, index)
        this.#countLines(piece, index)
      }
      if (!this.#item) continue
      const end = this.#scanner.scan(piece, index, this.#offset)
      this.#item.add(piece.subarray(index, end))
      index = end ?? piece.length
      this.#countLines(piece, index)
      if (end === undefined) continue
      this.#expected = 'next'
      yield this.#item.whole()
      this.#item = undefined
    }
    this.#offset += piece.length
  }

  /**
   * What there is of an item that the file ends in.
   *
   * @throws BrokenStructure when it ends between items
   */
  end(): RawItem | undefined {
    if (this.#item) return this.#item.whole()
    if (this.#expected !== 'nothing') throw new BrokenStructure(expectations[this.#expected], this.#offset)
    return undefined
  }

  /** Goes over what is between items to where one begins, or to the end of the piece. */
  #itemStart(piece: Buffer, from: number): number {
    for (let index = from; index < piece.length; index++) {
      const byte = piece[index]!
      if (byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09) continue
      const expected = this.#expected
      if (expected === 'array' && byte === listStart) this.#expected = 'first'
      else if (expected === 'next' && byte === comma) this.#expected = 'item'
      else if ((expected === 'next' || expected === 'first') && byte === listEnd) this.#expected = 'nothing'
      else if ((expected === 'item' || expected === 'first') && this.#scanner.begin(byte)) {
        this.#countLines(piece, index)
        this.#item = new ItemBytes(this.#line, this.#offset + index - this.#lineStart + 1)
        return index
      } else throw new BrokenStructure(expectations[expected], this.#offset + index)
    }
    return piece.length
  }

  /** Counts the lines that end before `to`. */
  #countLines(piece: Buffer, to: number): void {
    while (this.#newline < to) {
      this.#line++
      this.#lineStart = this.#offset + this.#newline + 1
      this.#newline = indexOf(piece, newline, this.#newline + 1)
    }
  }
}

/** Infinity if there is none. */
function indexOf(piece: Buffer, byte: number, from: number): number {
  const index = piece.indexOf(byte, from)
  return index < 0 ? Infinity : index
}
