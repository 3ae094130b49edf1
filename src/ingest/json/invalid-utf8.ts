import { isUtf8 } from 'node:buffer'

/** Where bytes first are not UTF-8, both from 1 and the column in UTF-16 units; undefined where they are. */
export function invalidUtf8(bytes: Buffer): { line: number; column: number } | undefined {
  if (isUtf8(bytes)) return undefined
  let line = 1
  let start = 0
  for (;;) {
    const end = bytes.indexOf(0x0a, start) + 1 || bytes.length
    const part = bytes.subarray(start, end)
    if (!isUtf8(part)) return { line, column: columnOf(part) }
    start = end
    line++
  }
}

/** A decoder writes U+FFFD for what is not UTF-8; one that stands in the bytes themselves is no fault. */
function columnOf(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let offset = 0
  let from = 0
  for (;;) {
    const at = text.indexOf('\uFFFD', from)
    offset += Buffer.byteLength(text.slice(from, at))
    if (bytes.toString('hex', offset, offset + 3) !== 'efbfbd') return at + 1
    offset += 3
    from = at + 1
  }
}
