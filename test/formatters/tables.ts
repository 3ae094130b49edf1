import fc from 'fast-check'
import { addCounts, type Counts } from '../../src/core/counts.ts'
import type { Column, FieldType } from '../../src/core/field.ts'
import type { Cell, RecordBatch } from '../../src/core/record-batch.ts'
import type { Formatter, TableShape } from '../../src/formatters/formatter.ts'

export type Row = readonly Cell[]

/** A table of these columns: `{ id: 'text', score: 'float' }`. */
export function tableOf(columns: Readonly<Record<string, FieldType>>): TableShape {
  return {
    dataset: 'evaluation_results',
    columns: Object.entries(columns).map(([header, type]): Column => ({ field: header, header, type })),
  }
}

export function batchOf(rows: readonly Row[]): RecordBatch {
  return { rows, ids: rows.map((_, index) => BigInt(index + 1)), last: [String(rows.length)] }
}

export interface File {
  /** Head, one for each batch, tail. */
  readonly calls: readonly Buffer[]
  readonly bytes: Buffer
  readonly text: string
  readonly counts: Counts
}

/** The file of these batches, by a new encoder with the format's default options. */
export function encode(formatter: Formatter, table: TableShape, batches: readonly (readonly Row[])[]): File {
  const encoder = formatter.encoder(table, formatter.options.parse({}))
  const calls = [toBuffer(encoder.head())]
  let counts: Counts = {}
  let rows = 0n
  for (const batch of batches) {
    const encoded = encoder.rows(batchOf(batch), rows)
    calls.push(toBuffer(encoded.bytes))
    counts = addCounts(counts, encoded.counts)
    rows += BigInt(batch.length)
  }
  calls.push(toBuffer(encoder.tail(rows)))
  const bytes = Buffer.concat(calls)
  return { calls, bytes, text: bytes.toString('utf8'), counts }
}

/** @throws Error for text that has no UTF-8, where Node would write U+FFFD without a word */
function toBuffer(encoded: Uint8Array | string): Buffer {
  if (typeof encoded !== 'string') return Buffer.from(encoded)
  if (!encoded.isWellFormed()) throw new Error('The encoder returned a lone surrogate.')
  return Buffer.from(encoded)
}

const hostileUnits = [
  ...'=+-@\'"`,;|<>&\\/ \t\r\n\0\v\f\x1b\x7f\x85\xa0',
  ...'\u2028\u2029\u200b\ufeff\ufffd\ufffe\uffff\uff1d😀',
  '\ud800',
  '\udfff',
  '\ud83d',
  '\ude00',
  '\\u',
  'd800',
  ']]>',
  '<!--',
  '&amp;',
  '_x0041_',
]

/** Any UTF-16, lone surrogates among it, but mostly what formats trip over. */
export const hostileText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...hostileUnits) },
      { weight: 2, arbitrary: fc.string() },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) },
    ),
    { maxLength: 12 },
  )
  .map((units) => units.join(''))

const cells: Readonly<Record<FieldType, fc.Arbitrary<string>>> = {
  text: hostileText,
  timestamp: fc.constantFrom('2026-11-23T09:08:45.123456Z', '-infinity'),
  int: fc.integer().map(String),
  bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  decimal: fc.constantFrom('1.10', '-0.000000000001', '123456789012345678901234567890.5', 'NaN', 'Infinity'),
  float: fc.double().map((value) => (Object.is(value, -0) ? '-0' : String(value))),
  bool: fc.constantFrom('true', 'false', 't', 'f'),
  json: fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    hostileText.map((text) => JSON.stringify([text])),
    fc.constantFrom('[\r\n1]', '"\\ud800"', '"\\\\ud800"', '"\\ud83d\\ude00"', 'null', '{"a": 1e400}'),
  ),
}

/** A table of one to six columns of any types, and rows for it. */
export const anyTable: fc.Arbitrary<{ table: TableShape; rows: Row[] }> = fc
  .array(fc.constantFrom(...(Object.keys(cells) as FieldType[])), { minLength: 1, maxLength: 6 })
  .chain((types) =>
    fc.record({
      table: fc.constant(
        tableOf(Object.fromEntries(types.map((type, index) => [`c${index}_${type}`, type]))),
      ),
      rows: fc.array(fc.tuple(...types.map((type) => fc.option(cells[type], { freq: 4 }))), { maxLength: 8 }),
    }),
  )
