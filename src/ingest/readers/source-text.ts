import { rawExcerptLength } from '../findings.ts'
import { isUtf8 } from 'node:buffer'
import { UnreadableFile } from '../reader.ts'
import type { SourceFile } from '../reader.ts'

const MiB = 2 ** 20

/**
 * The whole file as text, without its byte-order mark.
 *
 * @throws UnreadableFile for one that is larger than `maxMiB`, empty or not UTF-8
 */
export async function readSourceText(file: SourceFile, what: string, maxMiB: number): Promise<string> {
  const tooLarge = `is larger than ${maxMiB} MiB, the most that ${what} may have`
  if (file.bytes > maxMiB * MiB) throw new UnreadableFile(tooLarge, {})
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of file.open()) {
    size += chunk.byteLength
    if (size > maxMiB * MiB) throw new UnreadableFile(tooLarge, {})
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (bytes.length === 0) throw new UnreadableFile('is empty', {})
  refuseOtherEncodings(bytes)
  const text = new TextDecoder().decode(bytes)
  if (text.trim() === '') throw new UnreadableFile('holds only white space', { line: 1 })
  return text
}

/** Lines however they end: LF, CRLF or CR. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\n|\r/)
}

/** The beginning of a line or an item, to be shown beside a reason when `Findings` has redacted and shortened it. */
export function excerptOf(text: string): string {
  return text.slice(0, rawExcerptLength).toWellFormed()
}

/** @throws UnreadableFile when a merge left both sides in the file: no one knows which of them is true */
export function refuseConflictMarkers(lines: readonly string[]): void {
  const index = lines.findIndex((line) => line.startsWith('<<<<<<< ') || line.startsWith('>>>>>>> '))
  if (index < 0) return
  const line = lines[index]!
  throw new UnreadableFile('holds a merge-conflict marker', { line: index + 1 }, excerptOf(line))
}

function refuseOtherEncodings(bytes: Buffer): void {
  if (isUtf8(bytes)) return
  const mark = bytes.toString('hex', 0, 2)
  if (mark === 'fffe' || mark === 'feff') throw new UnreadableFile('is UTF-16; it must be UTF-8', { line: 1 })
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start) + 1 || bytes.length
    const part = bytes.subarray(start, end)
    if (!isUtf8(part)) {
      throw new UnreadableFile('is not UTF-8', { line }, excerptOf(part.toString('utf8').trimEnd()))
    }
    start = end
  }
}
