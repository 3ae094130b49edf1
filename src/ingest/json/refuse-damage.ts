import { UnreadableFile } from '../reader.ts'
import type { SourceFile } from '../reader.ts'
import { placeAt, sourceBytes } from './source-bytes.ts'

const newline = 0x0a
const markers = ['<<<<<<< ', '>>>>>>> ']
/** As much of what came before as a marker and the end of the line before it take, less a byte. */
const overlap = 8

/**
 * Looks at a whole JSON file before any of it is believed.
 *
 * @throws UnreadableFile for one that is empty, of another encoding, or that a merge left both sides in: no one knows
 * which of them is true, and in JSON no text goes over a line's end, so that a marker that begins a line is one
 */
export async function refuseDamage(file: SourceFile): Promise<void> {
  let isBlank = true
  let isEmpty = true
  let before = Buffer.from('\n')
  /** Of the first byte of `before`. */
  let offset = -1
  for await (const piece of sourceBytes(file)) {
    if (isEmpty) refuseUtf16(piece)
    isEmpty = false
    isBlank &&= piece.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d))
    const bytes = Buffer.concat([before, piece])
    for (const marker of markers) {
      const at = lineBeginningWith(marker, bytes)
      if (at === undefined) continue
      const { line, text } = await placeAt(file, offset + at)
      throw new UnreadableFile('holds a merge-conflict marker', { line }, text)
    }
    before = bytes.subarray(-overlap)
    offset += bytes.length - before.length
  }
  if (isEmpty) throw new UnreadableFile('is empty', {})
  if (isBlank) throw new UnreadableFile('holds only white space', { line: 1 })
}

function refuseUtf16(head: Buffer): void {
  const mark = head.toString('hex', 0, 2)
  if (mark === 'fffe' || mark === 'feff') throw new UnreadableFile('is UTF-16; it must be UTF-8', { line: 1 })
}

function lineBeginningWith(marker: string, bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + marker.length)) {
    if (bytes[at - 1] === newline) return at
  }
  return undefined
}
