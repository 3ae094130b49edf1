import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addCounts, type Counts } from '../../src/core/counts.ts'
import type { Formatter } from '../../src/formatters/formatter.ts'
import { formatters } from '../../src/formatters/registry.ts'
import { anyTable, encode, tableOf, type Row } from '../formatters/tables.ts'

/** What a reader independent of the encoder finds in a file of text columns. */
export interface ReadFile {
  /** Absent where the format names its columns in its records only and there are none. */
  readonly headers: readonly string[] | undefined
  readonly rows: readonly Row[]
}

/** What every format owes the exporter. Each format's test runs it with a reader of the format. */
export function formatterContract(formatter: Formatter, read: (file: string) => ReadFile): void {
  describe(`${formatter.id} keeps the formatter contract`, () => {
    test('it is registered under its own id', () => {
      expect(formatters.filter((each) => each.id === formatter.id)).toEqual([formatter])
    })

    test('its id is a GraphQL name in lower case and its extension has no dot', () => {
      expect(formatter.id).toMatch(/^[a-z][a-z0-9_]*$/)
      expect(formatter.extension).toMatch(/^[a-z0-9]+$/)
      expect(formatter.mediaType).toMatch(/^[a-z]+\/[a-z0-9.+-]+(; charset=utf-8)?$/)
      expect(formatter.description).not.toBe('')
    })

    test('every option has a default and an unknown option is refused', () => {
      expect(formatter.options.safeParse({}).success).toBe(true)
      expect(formatter.options.safeParse({ no_such_option: true }).success).toBe(false)
    })

    test('no rows make a good file', () => {
      const file = encode(formatter, texts, [])
      expect(read(file.text).rows).toEqual([])
      expect(file.counts).toEqual({})
      expect(encode(formatter, texts, [[]]).bytes).toEqual(file.bytes)
    })

    test('columns and rows keep their order, and NULL differs from the empty text', () => {
      const rows = [
        ['1', 'b', null],
        ['2', '', 'ä'],
        ['0', null, ''],
      ]
      expect(read(encode(formatter, texts, [rows]).text)).toEqual({ headers: ['zeta', 'alpha', 'mid'], rows })
    })

    test('a row that is too short is an error, not NULL', () => {
      expect(() => encode(formatter, texts, [[['1', 'b']]])).toThrow('A row has 2 cells for 3 columns.')
    })

    test('however rows are cut into batches, the bytes and the counts are the same', () => {
      fc.assert(
        fc.property(splitTable, ({ table, rows, batches }) => {
          const whole = encode(formatter, table, [rows])
          const parts = encode(formatter, table, batches)
          expect(parts.bytes).toEqual(whole.bytes)
          expect(parts.counts).toEqual(whole.counts)
        }),
      )
    })

    test('two encoders write the same bytes, and one writes them again', () => {
      fc.assert(
        fc.property(splitTable, ({ table, rows, batches }) => {
          expect(encode(formatter, table, batches)).toEqual(encode(formatter, table, batches))
          const encoder = formatter.encoder(table, formatter.options.parse({}))
          const batch = { rows, ids: [], last: [] }
          const first = encoder.rows(batch, 7n)
          encoder.tail(9n)
          expect(encoder.rows(batch, 7n)).toEqual(first)
        }),
      )
    })

    test('what an encoder returned stays as it was while it writes on', () => {
      const encoder = formatter.encoder(texts, formatter.options.parse({}))
      const { bytes } = encoder.rows({ rows: [['a', 'b', 'c']], ids: [1n], last: [] }, 0n)
      const before = Buffer.from(bytes).toString('utf8')
      encoder.rows({ rows: [['x', 'y', 'z']], ids: [2n], last: [] }, 1n)
      expect(Buffer.from(bytes).toString('utf8')).toBe(before)
    })

    test('each call returns whole characters', () => {
      fc.assert(
        fc.property(splitTable, ({ table, batches }) => {
          const utf8 = new TextDecoder('utf-8', { fatal: true })
          for (const bytes of encode(formatter, table, batches).calls) utf8.decode(bytes)
        }),
      )
    })

    test('each call returns whole records', () => {
      const rows = Array.from({ length: 7 }, (_, index) => [`${index}`, 'a\r\nb', '😀'.repeat(index)])
      for (const batches of [rows.map((row) => [row]), [rows.slice(0, 3), rows.slice(3)]]) {
        const alone = batches.map((batch) => read(encode(formatter, texts, [batch]).text).rows)
        expect(alone).toEqual(batches)
      }
    })

    test('a batch far larger than a write buffer is whole', () => {
      const row = ['ä'.repeat(1000), 'x'.repeat(1000), '😀'.repeat(1000)]
      const rows = Array.from({ length: 300 }, () => row)
      expect(read(encode(formatter, texts, [rows]).text).rows).toEqual(rows)
    })

    test('a text of 16 MiB is written whole', () => {
      const text = 'x'.repeat(2 ** 24 - 1) + 'ä'
      const file = encode(formatter, texts, [[['1', text, null]]])
      expect(file.bytes.includes(text)).toBe(true)
    })

    test('counts have a number for each column and add up over batches', () => {
      fc.assert(
        fc.property(splitTable, ({ table, rows, batches }) => {
          const sum = batches.map((batch) => encode(formatter, table, [batch]).counts).reduce(addCounts, {})
          const whole: Counts = encode(formatter, table, [rows]).counts
          expect(sum).toEqual(whole)
          for (const counts of Object.values(whole)) {
            expect(counts).toHaveLength(table.columns.length)
            expect(Math.max(...counts), 'a kind that did not occur is absent').toBeGreaterThan(0)
          }
        }),
      )
    })
  })
}

const texts = tableOf({ zeta: 'text', alpha: 'text', mid: 'text' })

/** A table whose rows are cut into batches at random places, empty batches among them. */
const splitTable = anyTable.chain(({ table, rows }) =>
  fc.array(fc.nat(rows.length), { maxLength: 4 }).map((places) => {
    const cuts = [0, ...places.sort((a, b) => a - b), rows.length]
    return { table, rows, batches: cuts.slice(1).map((end, index) => rows.slice(cuts[index], end)) }
  }),
)
