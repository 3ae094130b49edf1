import { UnreadableFile } from '../reader.ts'
import type { Position, SourceFile } from '../reader.ts'
import { ArraySplitter } from './array-splitter.ts'
import type { ExactJson } from './exact-json.ts'
import { invalidUtf8 } from './invalid-utf8.ts'
import { jsonForm } from './json-form.ts'
import { JsonFault, parseExactJson, unexpected } from './json-parser.ts'
import { LineSplitter } from './line-splitter.ts'
import { maxItemMiB } from './raw-item.ts'
import type { RawItem } from './raw-item.ts'
import { refuseDamage } from './refuse-damage.ts'
import { placeAt, sourceBytes } from './source-bytes.ts'
import { BrokenStructure } from './value-scanner.ts'

/** An item of a JSON file, or why what stands in its place is none; `text` is at least its beginning. */
export type JsonItem =
  | { readonly value: ExactJson; readonly position: Position }
  | { readonly fault: string; readonly text: string; readonly position: Position }

const tooLarge = `is larger than ${maxItemMiB} MiB, the most that one item may have`
const cutShort = 'the file ends in the middle of this item: it was cut short, or was being written'

/**
 * The items of a file that is one JSON value, an array of items or JSON lines, as it is read: no more than one of them
 * is held. An item that is too large, not UTF-8 or not JSON is one fault, and the rest goes on, as long as it is certain
 * where the item ends.
 *
 * @throws UnreadableFile, perhaps after some items
 */
export async function* jsonItems(file: SourceFile): AsyncGenerator<JsonItem> {
  await refuseDamage(file)
  const form = await jsonForm(file)
  if (form === 'array') yield* itemsOfArray(file)
  else if (form === 'lines') yield* itemsOfLines(file)
  else yield { value: form.value, position: { line: 1, item: 1 } }
}

async function* itemsOfArray(file: SourceFile): AsyncGenerator<JsonItem> {
  const splitter = new ArraySplitter()
  let item = 0
  try {
    for await (const piece of sourceBytes(file)) {
      for (const raw of splitter.push(piece)) {
        yield itemOf(raw, { line: raw.line, item: ++item }, (line, column) =>
          // The column of the item is in bytes: what stands before it in its line is not held.
          line === 1 ? placed(raw.line, raw.column + column - 1) : placed(raw.line + line - 1, column),
        )
      }
    }
    const cut = splitter.end()
    if (cut) yield faultOf(cutShort, cut, { line: cut.line, item: ++item })
  } catch (error) {
    throw error instanceof BrokenStructure ? await unreadable(file, error) : error
  }
}

async function* itemsOfLines(file: SourceFile): AsyncGenerator<JsonItem> {
  const splitter = new LineSplitter()
  let item = 0
  const place = (_: number, column: number) => `column ${column}`
  for await (const piece of sourceBytes(file)) {
    for (const raw of splitter.push(piece)) {
      if (!isBlank(raw)) yield itemOf(raw, { line: raw.line, item: ++item }, place)
    }
  }
  const last = splitter.end()
  if (!last || isBlank(last)) return
  const position = { line: last.line, item: ++item }
  const found = itemOf(last, position, place)
  yield 'fault' in found && isCut(last) ? faultOf(cutShort, last, position) : found
}

/** @param place names a place in the item, by its line and column from 1 */
function itemOf(raw: RawItem, position: Position, place: (line: number, column: number) => string): JsonItem {
  if (!raw.bytes) return faultOf(tooLarge, raw, position)
  const invalid = invalidUtf8(raw.bytes)
  if (invalid) return faultOf(`is not UTF-8: ${place(invalid.line, invalid.column)}`, raw, position)
  const text = raw.bytes.toString('utf8')
  try {
    return { value: parseExactJson(text), position }
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    const before = text.slice(0, error.offset).split('\n')
    const where = place(before.length, before.at(-1)!.length + 1)
    return faultOf(`cannot be read as JSON: ${where}: ${error.message}`, raw, position)
  }
}

function faultOf(fault: string, raw: RawItem, position: Position): JsonItem {
  return { fault, text: raw.beginning.toString('utf8').trimEnd(), position }
}

function isBlank({ bytes }: RawItem): boolean {
  return bytes !== undefined && bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

/** Of a line that is not JSON: whether it began as an object and lacks the object's end. */
function isCut({ bytes }: RawItem): boolean {
  const text = bytes?.toString('utf8').trim() ?? ''
  if (!text.startsWith('{')) return false
  try {
    parseExactJson(text)
    return false
  } catch (error) {
    return error instanceof JsonFault && (error.offset === text.length || !text.endsWith('}'))
  }
}

async function unreadable(file: SourceFile, { expected, offset }: BrokenStructure): Promise<UnreadableFile> {
  const { line, column, found, text } = await placeAt(file, offset)
  const reason = `cannot be read as JSON: ${placed(line, column)}: ${unexpected(found, expected)}`
  return new UnreadableFile(reason, { line }, text)
}

function placed(line: number, column: number): string {
  return `line ${line}, column ${column}`
}
