import { UnreadableFile } from '../reader.ts'
import type { SourceFile } from '../reader.ts'
import { excerptOf } from '../readers/source-text.ts'
import type { ExactJson } from './exact-json.ts'
import { invalidUtf8 } from './invalid-utf8.ts'
import { JsonFault, parseExactJson } from './json-parser.ts'
import { maxItemBytes, maxItemMiB } from './raw-item.ts'
import { sourceBytes } from './source-bytes.ts'

/** How a file holds its items: in an array, one a line, or as the one value that the file is. */
export type JsonForm = 'array' | 'lines' | { readonly value: ExactJson }

/** The beginning of nearly every file tells; only where it does not, more of it is looked at. */
const headBytes = 2 ** 16

/**
 * The form of a file: an array begins with `[`; in JSON lines the first line is a value or, if that one is broken, one
 * within the first 16 MiB is an object.
 *
 * @throws UnreadableFile for anything else but one value of up to 16 MiB
 */
export async function jsonForm(file: SourceFile): Promise<JsonForm> {
  const short = await headOf(file, headBytes)
  const form = formByStart(short.bytes)
  if (form) return form
  const { bytes, isWhole } = short.isWhole ? short : await headOf(file, maxItemBytes)
  return formByStart(bytes) ?? (isWhole ? formOfWhole(bytes) : formOfLarge(bytes))
}

async function headOf(file: SourceFile, enough: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
  const pieces: Buffer[] = []
  let length = 0
  let isWhole = true
  for await (const piece of sourceBytes(file)) {
    pieces.push(piece)
    length += piece.length
    isWhole = length <= enough
    if (!isWhole) break
  }
  return { bytes: Buffer.concat(pieces), isWhole }
}

function formByStart(bytes: Buffer): JsonForm | undefined {
  const start = bytes.findIndex((byte) => byte > 0x20)
  if (start >= 0 && bytes[start] === 0x5b) return 'array'
  const end = start < 0 ? -1 : bytes.indexOf(0x0a, start)
  return end >= 0 && 'value' in parsed(bytes.toString('utf8', start, end)) ? 'lines' : undefined
}

function formOfWhole(bytes: Buffer): JsonForm {
  const text = bytes.toString('utf8')
  const whole = parsed(text)
  const invalid = invalidUtf8(bytes)
  if ('value' in whole && !invalid) return whole
  const lines = text.split('\n')
  if (lines.some(isObject)) return 'lines'
  if ('fault' in whole && !invalid) {
    const before = text.slice(0, whole.fault.offset).split('\n')
    const line = before.length
    const column = before.at(-1)!.length + 1
    const reason = `cannot be read as JSON: line ${line}, column ${column}: ${whole.fault.message}`
    throw new UnreadableFile(reason, { line }, excerptOf(lines[line - 1]!))
  }
  const { line, column } = invalid!
  throw new UnreadableFile(
    `is not UTF-8: line ${line}, column ${column}`,
    { line },
    excerptOf(lines[line - 1]!),
  )
}

/** @param bytes those that one item may have at most, and no more of the file than that */
function formOfLarge(bytes: Buffer): JsonForm {
  const lines = bytes.toString('utf8').split('\n')
  // One line of so many bytes may well be an item that is too large, with others after it.
  if (lines.filter((line) => line.trim() !== '').length === 1) return 'lines'
  if (lines.some(isObject)) return 'lines'
  const reason = `is no array, holds no JSON lines, and is larger than ${maxItemMiB} MiB, the most that one value may have`
  throw new UnreadableFile(reason, { line: 1 }, excerptOf(lines[0]!))
}

function isObject(line: string): boolean {
  return line.startsWith('{') && 'value' in parsed(line)
}

function parsed(text: string): { value: ExactJson } | { fault: JsonFault } {
  try {
    return { value: parseExactJson(text) }
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error }
    throw error
  }
}
