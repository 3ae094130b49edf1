import { ItemBytes } from './raw-item.ts'
import type { RawItem } from './raw-item.ts'

const newline = 0x0a
const carriageReturn = 0x0d

/** The lines of a file that comes in pieces, blank ones among them, without what ends them, LF or CRLF. */
export class LineSplitter {
  #line = 1
  #bytes: ItemBytes | undefined;

  *push(piece: Buffer): Generator<RawItem> {
    let start = 0
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      this.#add(piece.subarray(start, end))
      yield this.#taken()
      start = end + 1
    }
    if (start < piece.length) this.#add(piece.subarray(start))
  }

  /** The last line, if no line feed ends it. */
  end(): RawItem | undefined {
    return this.#bytes && this.#taken()
  }

  #add(piece: Buffer): void {
    this.#bytes ??= new ItemBytes(this.#line, 1)
    this.#bytes.add(piece)
  }

  #taken(): RawItem {
    const whole = this.#bytes!.whole()
    this.#bytes = undefined
    this.#line++
    const { bytes } = whole
    return bytes?.at(-1) === carriageReturn ? { ...whole, bytes: bytes.subarray(0, -1) } : whole
  }
}
