import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csv } from '../../src/formatters/csv.ts'
import { needsGuard } from '../../src/formatters/formula-guard.ts'
import { formatterContract } from '../contracts/formatter-contract.ts'
import { encode, hostileText, tableOf } from './tables.ts'

/** Reads as a strict reader does that tells an empty cell from a quoted one. */
function read(file: string): (string | null)[][] {
  return parse(file, {
    record_delimiter: '\r\n',
    cast: (value, { quoting }) => (quoting || value !== '' ? value : null),
  })
}

/** Undoes the guard as the format's description tells readers to. */
const unguard = (cell: string | null) =>
  cell?.startsWith("'") && needsGuard(cell.slice(1)) ? cell.slice(1) : cell

formatterContract(csv, (file) => {
  const [headers, ...rows] = read(file)
  return { headers: headers!.map(String), rows: rows.map((row) => row.map(unguard)) }
})

const keepable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')

describe('csv', () => {
  test('any text comes back from another reader once the guard is undone', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostileText, fc.option(hostileText)), { minLength: 1 }), (rows) => {
        const { text, counts } = encode(csv, tableOf({ a: 'text', b: 'text' }), [rows])
        const back = read(text).slice(1)
        const kept = rows.map((row) => row.map((cell) => (cell === null ? null : keepable(cell))))
        expect(back.map((row) => row.map(unguard))).toEqual(kept)
        const guarded = [0, 1].map(
          (column) => kept.filter((row, index) => row[column] !== back[index]![column]).length,
        )
        expect(counts.guarded ?? [0, 0]).toEqual(guarded)
        const replaced = [0, 1].map((column) => sum(rows.map((row) => unkeepable(row[column] ?? ''))))
        expect(counts.replaced ?? [0, 0]).toEqual(replaced)
      }),
      { numRuns: 500 },
    )
  })

  test('no text cell reads as a formula', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const [, row] = read(encode(csv, tableOf({ a: 'text', b: 'text' }), [[[text, text]]]).text)
        for (const cell of row!) expect(cell).not.toMatch(/^[\s\0\ufffd\u200b\ufeff]*[=+\-@]|^[\t\r\n]/)
      }),
      { numRuns: 500 },
    )
  })

  test('the bytes are those of csv-stringify for the same guarded cells', () => {
    const table = tableOf({ a: 'text', n: 'decimal', b: 'bool' })
    const row = fc.tuple(
      hostileText.map(keepable),
      fc.constantFrom('-1.50', '0', '1e+20'),
      fc.constantFrom('true', 'false', null),
    )
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        const guarded = rows.map(([text, ...rest]) => [needsGuard(text) ? `'${text}` : text, ...rest])
        const oracle = stringify(guarded, {
          record_delimiter: '\r\n',
          cast: {
            string: (value, { index }) => ({
              value,
              quote: '"',
              quoted: index === 0,
              quoted_empty: index === 0,
            }),
          },
        })
        expect(encode(csv, table, [rows]).text).toBe(`"a","n","b"\r\n${oracle}`)
      }),
    )
  })

  test('no rows give a header line that ends in CRLF', () => {
    expect(encode(csv, tableOf({ test_id: 'text', score: 'float' }), []).text).toBe('"test_id","score"\r\n')
  })

  test('there is no byte order mark and the last record ends in CRLF', () => {
    expect(encode(csv, tableOf({ a: 'int' }), [[['1']]]).bytes).toEqual(Buffer.from('"a"\r\n1\r\n'))
  })

  test('a NULL that would be an empty line is the empty text, counted', () => {
    const file = encode(csv, tableOf({ v: 'text' }), [[[null], ['']]])
    expect(file.text).toBe('"v"\r\n""\r\n""\r\n')
    expect(file.counts).toEqual({ replaced: [1] })
  })

  test('the type decides about the guard: the same cell is bare as a number and guarded as text', () => {
    const file = encode(csv, tableOf({ a: 'int', b: 'text', c: 'json', d: 'float' }), [
      [['-5', '-5', '-5', '-5']],
    ])
    expect(file.text.split('\r\n')[1]).toBe(`-5,"'-5","'-5",-5`)
    expect(file.counts).toEqual({ guarded: [0, 1, 1, 0] })
  })

  test('numbers that are not finite are bare, whatever their type', () => {
    const file = encode(csv, tableOf({ a: 'decimal', b: 'float' }), [[['-Infinity', 'NaN']]])
    expect(file.text.split('\r\n')[1]).toBe('-Infinity,NaN')
  })

  test('what is no number in a column of numbers is guarded and quoted like text', () => {
    const table = tableOf({ a: 'int', b: 'decimal', c: 'bool', d: 'float' })
    const file = encode(csv, table, [[['=1+1', '-1+cmd', '@x', '1,2']]])
    expect(file.text.split('\r\n')[1]).toBe(`"'=1+1","'-1+cmd","'@x","1,2"`)
    expect(file.counts).toEqual({ guarded: [1, 1, 1, 0] })
  })

  test('booleans are true and false however Postgres printed them', () => {
    const file = encode(csv, tableOf({ a: 'bool', b: 'bool' }), [[['t', 'false']]])
    expect(file.text.split('\r\n')[1]).toBe('true,false')
  })

  test('a header with a line break, NUL or lone surrogate stays one cell of one line', () => {
    const { text } = encode(csv, tableOf({ 'a\r\nb': 'text', '\0': 'text', '\ud800': 'text' }), [])
    expect(text).toBe('"a\r\nb","\ufffd","\ufffd"\r\n')
  })
})

/** How many characters of the text a CSV file cannot hold. */
function unkeepable(text: string): number {
  return text.match(/\0|\p{Surrogate}/gu)?.length ?? 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
