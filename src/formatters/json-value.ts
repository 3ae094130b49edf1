import type { CellWriters, WriteCell } from './cell-writer.ts'
import { booleanLiteral, isNumber } from './literal.ts'
import { replaceEscapedLoneSurrogates, replaceLoneSurrogates } from './surrogates.ts'

/* oxlint-disable no-control-regex -- control characters are what these look for */
const careful = /[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ud800-\udfff]/
/** JSON allows these in strings, but some readers of lines end a line there. */
const lineBreakers = /[\x7f-\x9f\u2028\u2029]/g
const carefulInJson = /[\0-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/
const unescaped = /[\0-\x08\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029]/g
/* oxlint-enable no-control-regex */

/** The text as a JSON string without any character that ends a line for anyone; lone surrogates become U+FFFD, counted. */
export const writeJsonString: WriteCell = (text, tally, column) =>
  careful.test(text) ? jsonString(replaceLoneSurrogates(text, tally, column)) : `"${text}"`

/** The same for a well-formed text, such as a key. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replace(lineBreakers, escape)
}

/** Numbers keep every digit; what JSON has no number for (NaN, infinities) is a string. */
const writeNumber: WriteCell = (cell, tally, column) =>
  isNumber(cell) ? cell : writeJsonString(cell, tally, column)

const writeBoolean: WriteCell = (cell, tally, column) =>
  booleanLiteral(cell) ?? writeJsonString(cell, tally, column)

/**
 * JSON is spliced as it is stored: parsing would lose digits, order and depth. Line breaks between its tokens become
 * spaces, and what may end a line inside its strings is escaped, so that a record stays one line.
 */
const spliceJson: WriteCell = (cell, tally, column) => {
  const json = replaceEscapedLoneSurrogates(cell, tally, column)
  if (!carefulInJson.test(json)) return json
  return replaceLoneSurrogates(json, tally, column)
    .replace(/[\r\n]/g, ' ')
    .replace(unescaped, escape)
}

/** Each type as a JSON value. */
export const jsonWriters: CellWriters = {
  text: writeJsonString,
  timestamp: writeJsonString,
  json: spliceJson,
  int: writeNumber,
  bigint: writeNumber,
  decimal: writeNumber,
  float: writeNumber,
  bool: writeBoolean,
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
