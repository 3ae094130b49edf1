import { z } from 'zod'
import type { Formatter } from './formatter.ts'
import { jsonRecordWriter } from './json-record.ts'
import { Tally } from './tally.ts'

const options = z.strictObject({})
const separators = { first: '', next: '', end: '\n' }

/** Newline-delimited JSON: one object a line, each line ended. No records give an empty file. */
export const ndjson: Formatter<z.infer<typeof options>> = {
  id: 'ndjson',
  description: 'NDJSON (JSON Lines): one object a line',
  extension: 'ndjson',
  mediaType: 'application/x-ndjson',
  options,
  encoder({ columns }) {
    const write = jsonRecordWriter(columns)
    return {
      head: () => '',
      rows(batch) {
        const tally = new Tally(columns.length)
        return { bytes: write(batch, separators, tally), counts: tally.counts() }
      },
      tail: () => '',
    }
  },
}
