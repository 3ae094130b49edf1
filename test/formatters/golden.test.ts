import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { formatters } from '../../src/formatters/registry.ts'
import { encode, tableOf } from './tables.ts'

/** Every type, NULLs, and texts that break careless writers, under headers that do so too. */
const table = tableOf({
  id: 'text',
  'a "b"': 'text',
  '-xml_x': 'text',
  größe: 'int',
  total: 'bigint',
  cost: 'decimal',
  score: 'float',
  success: 'bool',
  occurred_at: 'timestamp',
  arguments: 'json',
})
const time = '2026-11-23T09:08:45.123456Z'
const rows = [
  ['evr_1', 'plain', 'text', '1', '2', '0.000000000001', '0.5', 't', time, '{"a": [1, 2.50]}'],
  ['evr_2', null, null, null, null, null, null, null, null, null],
  ['evr_3', '', ' ', '0', '-9223372036854775808', '-1.10', '-0', 'f', time, 'null'],
  ['evr_4', '=1+1', "'=1", '-5', '0', 'NaN', '-Infinity', 'true', '-infinity', '-5'],
  ['evr_5', 'a,"b"\r\nc\rd\n', '\t@x', '7', '8', '9', '5e-324', 'false', time, '"\\ud800 \\ud83d\\ude00"'],
  [
    'evr_6',
    '\0\x1b[31m\x7f\x85\u2028',
    '\ud800😀\udc00',
    '7',
    '8',
    '9',
    '1e+20',
    't',
    time,
    '[\n"\u2028"\r\n]',
  ],
  ['evr_7', '<b>&amp;]]></b>', '\ufeff-\uffff', '7', '8', '9', 'NaN', 'f', time, '{"<&>": "\\u0000"}'],
]

test.each(formatters)('$id writes the golden file, byte for byte', async (formatter) => {
  const { bytes, text } = encode(formatter, table, [rows])
  const golden = new URL(`../golden/hostile.${formatter.extension}`, import.meta.url)
  await expect(text).toMatchFileSnapshot(fileURLToPath(golden))
  // The snapshot forgives line endings. After `vitest -u` this fails once, since files are written last.
  expect(bytes.equals(readFileSync(golden))).toBe(true)
})
