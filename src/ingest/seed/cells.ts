import { copyCell } from '../../db/copy-in.ts'
import type { Draw } from './draw.ts'

/** The cell for what is not known. */
export const unknown = '\\N'

const nano = 1_000_000_000

/**
 * A text as a cell of ASCII alone, other characters by their bytes in UTF-8, as COPY's text format allows: one character
 * beyond Latin-1 would make the whole chunk that it stands in twice as large and several times slower to encode.
 */
export function textCell(text: string): string {
  // Made anew from bytes: a piece of a text with such a character may itself be of two bytes each.
  return Buffer.from(copyCell(text))
    .toString('latin1')
    .replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
}

/** So many billionths, a whole number, as a decimal: 343000 -> `0.000343000`. */
export function billionths(count: number): string {
  return `${Math.floor(count / nano)}.${String(nano + (count % nano)).slice(1)}`
}

export function bool(value: boolean): string {
  return value ? 't' : 'f'
}

/** A UUID of version 4 in form. */
export function uuid(draw: Draw): string {
  const a = hex(draw.bits())
  const b = hex(draw.bits())
  const c = hex(draw.bits())
  const d = hex(draw.bits())
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
}

function hex(bits: number): string {
  return bytes[bits >>> 24]! + bytes[(bits >>> 16) & 255]! + bytes[(bits >>> 8) & 255]! + bytes[bits & 255]!
}

const bytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A text with one `#` in it, to be filled with a number; as it stands in a cell, so that no row has to be escaped. */
export class Template {
  private readonly before: string
  private readonly after: string
  private readonly bytes: number

  constructor(text: string) {
    const at = text.indexOf('#')
    if (at < 0) throw new Error(`there is no # in ${text}`)
    this.before = textCell(text.slice(0, at))
    this.after = textCell(text.slice(at + 1))
    this.bytes = Buffer.byteLength(text) - 1
  }

  with(count: number): string {
    return this.before + count + this.after
  }

  /** What `with(count)` measures in UTF-8 without the marks of COPY. */
  bytesWith(count: number): string {
    return String(this.bytes + String(count).length)
  }
}

export function templates(texts: readonly string[]): readonly Template[] {
  return texts.map((text) => new Template(text))
}

/** The same for JSON: the `#` stands in one of its texts. */
export function jsonTemplates(values: readonly unknown[]): readonly Template[] {
  return values.map((value) => new Template(JSON.stringify(value)))
}
