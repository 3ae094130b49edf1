import { UnreadableFile } from '../reader.ts'
import type { Position } from '../reader.ts'
import type { ExactJson } from './exact-json.ts'
import { JsonFault, JsonParser, parseExactJson } from './json-parser.ts'
import { excerptOf, linesOf, refuseConflictMarkers } from './source-text.ts'

/** An item of a JSON text, or the line that should have been one. */
export type JsonItem =
  | { readonly value: ExactJson; readonly position: Position }
  | { readonly fault: string; readonly text: string; readonly position: Position }

/**
 * The items of a text that is one JSON value, an array of items or JSON lines. In JSON lines a line that is not JSON
 * is one faulty item; anywhere else a fault is the whole text's, since no one can tell what the rest belongs to.
 *
 * @throws UnreadableFile, perhaps after some items
 */
export function* jsonItems(text: string): Generator<JsonItem> {
  if (text.trimStart().startsWith('[')) yield* itemsOfArray(text)
  else {
    const whole = parsed(text)
    if ('value' in whole) yield { value: whole.value, position: { line: 1, item: 1 } }
    else if (linesOf(text).some(isWholeObject)) yield* itemsOfLines(text)
    else throw unreadable(text, whole.fault)
  }
}

function* itemsOfArray(text: string): Generator<JsonItem> {
  const parser = new JsonParser(text)
  parser.take('[')
  if (parser.take(']')) return
  let line = 1
  let counted = 0
  try {
    for (let item = 1; ; item++) {
      parser.skipSpace()
      for (; counted < parser.offset; counted++) if (text[counted] === '\n') line++
      yield { value: parser.value(), position: { line, item } }
      if (parser.take(']')) break
      if (!parser.take(',')) parser.missing('"," or "]"')
    }
    parser.end()
  } catch (error) {
    throw error instanceof JsonFault ? unreadable(text, error) : error
  }
}

function* itemsOfLines(text: string): Generator<JsonItem> {
  const lines = linesOf(text)
  refuseConflictMarkers(lines)
  let item = 0
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const position = { line: index + 1, item: ++item }
    const found = parsed(line)
    if ('value' in found) yield { value: found.value, position }
    else {
      const { offset, message } = found.fault
      yield { fault: `cannot be read as JSON: column ${offset + 1}: ${message}`, text: line, position }
    }
  }
}

function parsed(text: string): { value: ExactJson } | { fault: JsonFault } {
  try {
    return { value: parseExactJson(text) }
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error }
    throw error
  }
}

function isWholeObject(line: string): boolean {
  return line.startsWith('{') && 'value' in parsed(line)
}

function unreadable(text: string, { offset, message }: JsonFault): UnreadableFile {
  refuseConflictMarkers(linesOf(text))
  const before = text.slice(0, offset).split('\n')
  const line = before.length
  const reason = `cannot be read as JSON: line ${line}, column ${before.at(-1)!.length + 1}: ${message}`
  return new UnreadableFile(reason, { line }, excerptOf(text.split('\n')[line - 1]!))
}
