import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import type { Column } from '../core/field.ts'
import { assertWidth, writersFor, type CellWriters, type WriteCell } from './cell-writer.ts'
import { EncodedLines } from './encoded-lines.ts'
import type { Formatter } from './formatter.ts'
import { needsGuard } from './formula-guard.ts'
import { booleanLiteral, isNonFinite, isNumber } from './literal.ts'
import { replaceEscapedLoneSurrogates, replaceLoneSurrogates } from './surrogates.ts'
import { Tally } from './tally.ts'

const options = z.strictObject({})

/**
 * RFC 4180 that is safe to open in a spreadsheet: UTF-8 without a byte order mark, commas, CRLF. Text is always quoted,
 * and guarded against formulas by its column's type, never by its looks alone; numbers and booleans are bare. NULL is
 * an empty cell without quotes, the empty text one with them.
 */
export const csv: Formatter<z.infer<typeof options>> = {
  id: 'csv',
  description: 'CSV (RFC 4180), safe to open in a spreadsheet',
  extension: 'csv',
  mediaType: 'text/csv; charset=utf-8',
  options,
  encoder({ columns }) {
    const width = columns.length
    const writers = writersFor(columns, writersByType)
    let size = 0
    return {
      head: () => headerLine(columns),
      rows(batch) {
        const tally = new Tally(width)
        const lines = new EncodedLines(size)
        for (const row of batch.rows) {
          assertWidth(row, width)
          let line = ''
          for (let column = 0; column < width; column++) {
            const cell = row[column]!
            if (column > 0) line += ','
            if (cell !== null) line += writers[column]!(cell, tally, column)
            else if (width === 1) line += loneNull(tally)
          }
          lines.add(line + '\r\n')
        }
        const bytes = lines.bytes()
        size = bytes.length
        return { bytes, counts: tally.counts() }
      },
      tail: () => '',
    }
  },
}

/** NUL breaks readers written in C, and surrogates have no bytes. */
// oxlint-disable-next-line no-control-regex -- NUL is what it looks for
const careful = /["\0\ud800-\udfff]/

const writeText: WriteCell = (text, tally, column) => {
  const writable = careful.test(text) ? replaceUnwritable(text, tally, column).replace(/"/g, '""') : text
  if (!needsGuard(writable)) return `"${writable}"`
  tally.add('guarded', column, 1)
  return `"'${writable}"`
}

/** JSON is text here; it is mended all the same, so that every format holds the same value. */
const writeJson: WriteCell = (json, tally, column) =>
  writeText(replaceEscapedLoneSurrogates(json, tally, column), tally, column)

const writeNumber: WriteCell = (cell, tally, column) =>
  isNumber(cell) || isNonFinite(cell) ? cell : writeText(cell, tally, column)

const writeBoolean: WriteCell = (cell, tally, column) =>
  booleanLiteral(cell) ?? writeText(cell, tally, column)

const writersByType: CellWriters = {
  text: writeText,
  timestamp: writeText,
  json: writeJson,
  int: writeNumber,
  bigint: writeNumber,
  decimal: writeNumber,
  float: writeNumber,
  bool: writeBoolean,
}

function replaceUnwritable(text: string, tally: Tally, column: number): string {
  const wellFormed = replaceLoneSurrogates(text, tally, column)
  if (!wellFormed.includes('\0')) return wellFormed
  tally.add('replaced', column, wellFormed.split('\0').length - 1)
  return wellFormed.replaceAll('\0', '\ufffd')
}

/** In a file of one column, NULL would be an empty line, which readers skip: it becomes the empty text, counted. */
function loneNull(tally: Tally): string {
  tally.add('replaced', 0, 1)
  return '""'
}

/** Headers are text like any other. */
function headerLine(columns: readonly Column[]): string {
  const headers = columns.map((column) => {
    const header = column.header.toWellFormed().replaceAll('\0', '\ufffd')
    return needsGuard(header) ? `'${header}` : header
  })
  // Without `quoted`, naming the record delimiter would leave CR and LF inside a header bare.
  return stringify([headers], { quoted: true, quoted_empty: true, record_delimiter: '\r\n' })
}
