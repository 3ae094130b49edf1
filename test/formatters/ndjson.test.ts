import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { json } from '../../src/formatters/json.ts'
import { ndjson } from '../../src/formatters/ndjson.ts'
import { formatterContract } from '../contracts/formatter-contract.ts'
import { anyTable, encode, tableOf } from './tables.ts'

formatterContract(ndjson, (file) => {
  const records = file
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, string | null>)
  return {
    headers: records[0] && Object.keys(records[0]),
    rows: records.map((record) => Object.values(record)),
  }
})

describe('ndjson', () => {
  test('no rows give an empty file', () => {
    expect(encode(ndjson, tableOf({ v: 'text' }), []).bytes).toHaveLength(0)
  })

  test('each record is a line that ends in LF', () => {
    const file = encode(ndjson, tableOf({ v: 'text' }), [[['a'], [null]]])
    expect(file.text).toBe('{"v":"a"}\n{"v":null}\n')
  })

  test('it holds the same objects as json, and counts the same', () => {
    fc.assert(
      fc.property(anyTable, ({ table, rows }) => {
        const lines = encode(ndjson, table, [rows])
        const array = encode(json, table, [rows])
        expect(`[\n${lines.text.replaceAll('}\n', '},\n').replace(/,\n$/, '\n')}]\n`).toBe(
          rows.length === 0 ? '[\n]\n' : array.text,
        )
        expect(lines.counts).toEqual(array.counts)
      }),
    )
  })
})
