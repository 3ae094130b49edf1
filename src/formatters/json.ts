import { z } from 'zod'
import type { Formatter } from './formatter.ts'
import { jsonRecordWriter } from './json-record.ts'
import { Tally } from './tally.ts'

const options = z.strictObject({})

/** RFC 8259: a bare array with one record a line. No records give `[]`. */
export const json: Formatter<z.infer<typeof options>> = {
  id: 'json',
  description: 'JSON: an array of objects, one a line',
  extension: 'json',
  mediaType: 'application/json',
  options,
  encoder({ columns }) {
    const write = jsonRecordWriter(columns)
    return {
      head: () => '[',
      rows(batch, rowsBefore) {
        const tally = new Tally(columns.length)
        // The comma stands before a record, not after it: only a file's first record is known without looking ahead.
        const first = rowsBefore === 0n ? '\n' : ',\n'
        return { bytes: write(batch, { first, next: ',\n', end: '' }, tally), counts: tally.counts() }
      },
      tail: (rows) => (rows === 0n ? ']\n' : '\n]\n'),
    }
  },
}
