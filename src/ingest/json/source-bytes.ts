import type { SourceFile } from '../reader.ts'
import { excerptOf } from '../readers/source-text.ts'

const newline = 0x0a
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** A file's bytes in pieces of any size, without its byte-order mark. */
export async function* sourceBytes(file: SourceFile): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of file.open()) {
    let piece = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    if (head) {
      piece = Buffer.concat([head, piece])
      head = piece
      if (head.length < byteOrderMark.length) continue
      if (head.indexOf(byteOrderMark) === 0) piece = head.subarray(byteOrderMark.length)
      head = undefined
    }
    if (piece.length > 0) yield piece
  }
  if (head && head.length > 0) yield head
}

/** A place in a file for people. */
export interface Place {
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** The code point that stands there; undefined at the end of the file. */
  readonly found: number | undefined
  /** What stands there up to the end of the line, short enough to be shown. */
  readonly text: string
}

/** Reads up to a place once more to tell where it is. @param offset in `sourceBytes` */
export async function placeAt(file: SourceFile, offset: number): Promise<Place> {
  let line = 1
  let column = 1
  let start = 0
  const after: Buffer[] = []
  let missing = 1000
  for await (const piece of sourceBytes(file)) {
    const before = piece.subarray(0, Math.max(offset - start, 0))
    const lastLine = before.lastIndexOf(newline) + 1
    if (lastLine > 0) {
      line += newlines(before)
      column = 1
    }
    column += utf16Length(before.subarray(lastLine))
    start += piece.length
    const rest = piece.subarray(before.length, before.length + missing)
    after.push(rest)
    missing -= rest.length
    if (missing === 0) break
  }
  const text = Buffer.concat(after).toString('utf8')
  return { line, column, found: text.codePointAt(0), text: excerptOf(text.split('\n', 1)[0]!.trimEnd()) }
}

function newlines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

function utf16Length(bytes: Buffer): number {
  let length = 0
  for (const byte of bytes) {
    const isContinuation = byte >= 0x80 && byte < 0xc0
    length += byte >= 0xf0 ? 2 : isContinuation ? 0 : 1
  }
  return length
}
