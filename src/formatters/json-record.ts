import type { Column } from '../core/field.ts'
import type { RecordBatch } from '../core/record-batch.ts'
import { assertWidth, writersFor } from './cell-writer.ts'
import { EncodedLines } from './encoded-lines.ts'
import { jsonString, jsonWriters } from './json-value.ts'
import type { Tally } from './tally.ts'

/** What stands before the batch's first record, before each other one, and after every one. */
export interface Separators {
  readonly first: string
  readonly next: string
  readonly end: string
}

/** Writes batches as JSON objects of one line each, every key in every object, in column order. */
export function jsonRecordWriter(columns: readonly Column[]) {
  const width = columns.length
  const writers = writersFor(columns, jsonWriters)
  const keys = columns.map(
    (column, index) => `${index === 0 ? '{' : ','}${jsonString(column.header.toWellFormed())}:`,
  )
  const nulls = keys.map((key) => `${key}null`)
  let size = 0

  return (batch: RecordBatch, { first, next, end }: Separators, tally: Tally): Uint8Array => {
    const close = `}${end}`
    const lines = new EncodedLines(size)
    let open = first
    for (const row of batch.rows) {
      assertWidth(row, width)
      let line = open
      for (let column = 0; column < width; column++) {
        const cell = row[column]!
        if (cell === null) {
          line += nulls[column]!
        } else {
          line += keys[column]!
          line += writers[column]!(cell, tally, column)
        }
      }
      lines.add(line + close)
      open = next
    }
    const bytes = lines.bytes()
    size = bytes.length
    return bytes
  }
}
