import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { json } from '../../src/formatters/json.ts'
import { formatterContract } from '../contracts/formatter-contract.ts'
import { anyTable, encode, hostileText, tableOf } from './tables.ts'

formatterContract(json, (file) => {
  const records = JSON.parse(file) as Record<string, string | null>[]
  return {
    headers: records[0] && Object.keys(records[0]),
    rows: records.map((record) => Object.values(record)),
  }
})

describe('json', () => {
  test('no rows give an empty array', () => {
    expect(encode(json, tableOf({ v: 'text' }), []).text).toBe('[]\n')
  })

  test('records stand one on a line, NULL under its key', () => {
    const table = tableOf({ id: 'text', v: 'int' })
    const rows = [
      ['a', null],
      ['b', '1'],
    ]
    expect(encode(json, table, [rows]).text).toBe('[\n{"id":"a","v":null},\n{"id":"b","v":1}\n]\n')
    expect(encode(json, tableOf({ v: 'text' }), [[[null]]]).text).toBe('[\n{"v":null}\n]\n')
  })

  test('any table is JSON, with a line for each record and one for each bracket', () => {
    fc.assert(
      fc.property(anyTable, ({ table, rows }) => {
        const { text } = encode(json, table, [rows])
        expect(JSON.parse(text)).toHaveLength(rows.length)
        expect(text.split(anyLineBreak)).toHaveLength(rows.length === 0 ? 2 : rows.length + 3)
      }),
    )
  })

  test('any text comes back from another reader, lone surrogates replaced and counted', () => {
    fc.assert(
      fc.property(fc.array(hostileText), (cells) => {
        const { text, counts } = encode(json, tableOf({ v: 'text' }), [cells.map((cell) => [cell])])
        const back = (JSON.parse(text) as { v: string }[]).map(({ v }) => v)
        expect(back).toEqual(cells.map((cell) => cell.toWellFormed()))
        expect(counts.replaced?.[0] ?? 0).toBe(cells.join('\n').match(/\p{Surrogate}/gu)?.length ?? 0)
      }),
      { numRuns: 500 },
    )
  })

  test('a JSON cell is the same value, its lone surrogates replaced', () => {
    fc.assert(
      fc.property(fc.jsonValue(), hostileText, (value, key) => {
        const cell = JSON.stringify({ [key]: value, text: key }, null, 2).replaceAll('\n', '\r\n')
        const { text } = encode(json, tableOf({ v: 'json' }), [[[cell]]])
        const expected = JSON.stringify(JSON.parse(cell)).replace(loneEscape, '\ufffd')
        expect(JSON.stringify((JSON.parse(text) as { v: unknown }[])[0]!.v)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['an escaped pair', '"\\ud83d\\ude00"', '"\\ud83d\\ude00"', 0],
    ['an escaped high surrogate', '"\\uD83D!"', '"\\ufffd!"', 1],
    ['an escaped low surrogate', '"\\ude00"', '"\\ufffd"', 1],
    ['two high surrogates and a low one', '"\\ud83d\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"', 1],
    ['a reversed pair', '"\\ude00\\ud83d"', '"\\ufffd\\ufffd"', 2],
    ['an escaped backslash before ud800', '"\\\\ud800"', '"\\\\ud800"', 0],
    ['an escaped backslash before an escaped surrogate', '"\\\\\\ud800"', '"\\\\\\ufffd"', 1],
    ['a lone surrogate as it is', '"\ud800"', '"\ufffd"', 1],
    ['half a pair escaped and half as it is', '"\\ud83d\ude00"', '"\\ufffd\ufffd"', 2],
    ['line breaks between tokens', '{\r\n"a":\n1}', '{  "a": 1}', 0],
    ['LF alone between tokens', '[\n1]', '[ 1]', 0],
    ['CR alone between tokens', '[\r1]', '[ 1]', 0],
    ['line separators in strings', '"\u2028\u2029\u0085"', '"\\u2028\\u2029\\u0085"', 0],
    ['a tab between tokens', '[\t1]', '[\t1]', 0],
    ['digits and spaces', '{"n": 1.10e400,"n":0}', '{"n": 1.10e400,"n":0}', 0],
  ])('JSON with %s is spliced', (_, cell, written, replaced) => {
    const { text, counts } = encode(json, tableOf({ v: 'json' }), [[[cell]]])
    expect(text).toBe(`[\n{"v":${written}}\n]\n`)
    expect(counts.replaced?.[0] ?? 0).toBe(replaced)
  })

  test('JSON of 10,001 levels is spliced', () => {
    const deep = '['.repeat(10_001) + ']'.repeat(10_001)
    expect(encode(json, tableOf({ v: 'json' }), [[[deep]]]).text).toBe(`[\n{"v":${deep}}\n]\n`)
  })

  test('what is no number or boolean in a column of them is a string', () => {
    const table = tableOf({ a: 'int', b: 'decimal', c: 'float', d: 'bool', e: 'bigint' })
    const file = encode(json, table, [[['01', '.5', '-', 'maybe', 'x"y']]])
    expect(file.text).toBe('[\n{"a":"01","b":".5","c":"-","d":"maybe","e":"x\\"y"}\n]\n')
  })

  test('booleans are true and false however Postgres printed them', () => {
    expect(encode(json, tableOf({ a: 'bool', b: 'bool' }), [[['t', 'f']]]).text).toBe(
      '[\n{"a":true,"b":false}\n]\n',
    )
  })

  test('a key with a line separator or lone surrogate is escaped', () => {
    const { text } = encode(json, tableOf({ '\u2028': 'int', '\ud800': 'int' }), [[['1', '2']]])
    expect(text).toBe('[\n{"\\u2028":1,"\ufffd":2}\n]\n')
  })
})

/** Everything at which some reader of lines ends one. */
// oxlint-disable-next-line no-control-regex -- it looks for control characters
const anyLineBreak = /\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]/

/** JSON.stringify escapes surrogates only where they are lone. */
const loneEscape = /(?<=(?<!\\)(?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g
