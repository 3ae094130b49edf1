const byteOf = {
  newline: 0x0a,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  listStart: 0x5b,
  backslash: 0x5c,
  listEnd: 0x5d,
  objectStart: 0x7b,
  objectEnd: 0x7d,
} as const

/** Far more than a value may have; open brackets are held, and a file may be nothing else. */
const maxLevels = 1_000_000

/** Where what tells items apart is broken, so that no one can say what the rest belongs to. */
export class BrokenStructure extends Error {
  /** As `unexpected` words it. */
  readonly expected: string
  /** In bytes from 0. */
  readonly offset: number
  constructor(expected: string, offset: number) {
    super(`${expected} was expected at byte ${offset}`)
    this.name = 'BrokenStructure'
    this.expected = expected
    this.offset = offset
  }
}

/**
 * Finds where a value ends, in bytes that come in pieces, by its brackets and quotes alone: a value whose brackets match
 * need not be JSON.
 */
export class ValueScanner {
  /** Of the brackets that are open. */
  readonly #closers: number[] = []
  #isInWord = false
  #isInText = false
  #isEscaped = false

  /** @param byte the value's first, which `scan` has yet to see; false if no value begins so */
  begin(byte: number): boolean {
    if (byte === byteOf.comma || byte === byteOf.listEnd || byte === byteOf.objectEnd) return false
    this.#isInWord = byte !== byteOf.quote && byte !== byteOf.listStart && byte !== byteOf.objectStart
    return true
  }

  /**
   * The index behind the value; undefined if it does not end in this piece.
   *
   * @param offset of the piece
   * @throws BrokenStructure
   */
  scan(piece: Buffer, from: number, offset: number): number | undefined {
    const closers = this.#closers
    if (this.#isInWord) return wordEnd(piece, from)
    let index = from
    if (this.#isInText) index = this.#textEnd(piece, index, offset)
    // A text that is the whole value opens no bracket.
    if (index > from && !this.#isInText && closers.length === 0) return index
    while (index < piece.length) {
      const byte = piece[index++]!
      if (byte === byteOf.quote) {
        index = this.#textEnd(piece, index, offset)
        if (closers.length === 0 && !this.#isInText) return index
      } else if (byte === byteOf.objectStart || byte === byteOf.listStart) {
        closers.push(byte === byteOf.objectStart ? byteOf.objectEnd : byteOf.listEnd)
        if (closers.length > maxLevels)
          throw new BrokenStructure(`the end of ${maxLevels} levels of nesting`, offset + index - 1)
      } else if (byte === byteOf.objectEnd || byte === byteOf.listEnd) {
        const closer = closers.pop()
        if (byte !== closer)
          throw new BrokenStructure(closer === byteOf.objectEnd ? '"}"' : '"]"', offset + index - 1)
        if (closers.length === 0) return index
      }
    }
    return undefined
  }

  /** The index behind a text whose opening quote came before; the piece's length if the text goes on. */
  #textEnd(piece: Buffer, from: number, offset: number): number {
    let index = from
    if (this.#isEscaped && index < piece.length) {
      this.#isEscaped = false
      if (piece[index] !== byteOf.newline) index++
    }
    while (index < piece.length) {
      const byte = piece[index++]!
      if (byte === byteOf.quote) {
        this.#isInText = false
        return index
      }
      if (byte === byteOf.newline) {
        // No JSON text goes over a line's end, and where this one was meant to end cannot be told.
        throw new BrokenStructure('the closing " of a text', offset + index - 1)
      }
      if (byte === byteOf.backslash) {
        if (index === piece.length) this.#isEscaped = true
        else if (piece[index] !== byteOf.newline) index++
      }
    }
    this.#isInText = true
    return index
  }
}

function wordEnd(piece: Buffer, from: number): number | undefined {
  const { space, quote, comma, listStart, listEnd, objectStart, objectEnd } = byteOf
  const enders: readonly number[] = [quote, comma, listStart, listEnd, objectStart, objectEnd]
  for (let index = from; index < piece.length; index++) {
    const byte = piece[index]!
    if (byte <= space || enders.includes(byte)) return index
  }
  return undefined
}
