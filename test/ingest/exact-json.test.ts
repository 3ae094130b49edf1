import { expect, test } from 'vitest'
import { canonicalJson, JsonNumber, plainJson } from '../../src/ingest/json/exact-json.ts'
import { parseExactJson } from '../../src/ingest/json/json-parser.ts'

test('canonicalJson does not depend on order, space or the spelling of numbers and texts', () => {
  const one = parseExactJson('{"b": [1.0, 1e2, -0.0], "a": "\\u00e9"}')
  const other = parseExactJson('{"a":"é","b":[1,100,0]}')
  expect(canonicalJson(one)).toBe('{"a":"é","b":[1,100,0]}')
  expect(canonicalJson(other)).toBe(canonicalJson(one))
})

test('canonicalJson tells numbers apart that are one float', () => {
  const text = (literal: string) => canonicalJson(parseExactJson(literal))
  expect(text('9007199254740993')).not.toBe(text('9007199254740992'))
  expect(text('9007199254740993')).not.toBe(text('"9007199254740993"'))
  expect(text('1')).not.toBe(text('"1"'))
})

test('plainJson turns numbers into text that a float would change, and no others', () => {
  const value = parseExactJson(
    '[0.1, 1.50, -2, 9007199254740993, 1e999999, 0.1000000000000000055, null, true]',
  )
  expect(plainJson(value)).toEqual([
    0.1,
    1.5,
    -2,
    '9007199254740993',
    '1e999999',
    '0.1000000000000000055',
    null,
    true,
  ])
})

test('a number keeps its text where a float would not give it back', () => {
  expect(parseExactJson('[1.40e-7, 0.10, 5, 0.1]')).toEqual([
    new JsonNumber('1.40e-7'),
    new JsonNumber('0.10'),
    5,
    0.1,
  ])
})

test('a member called __proto__ is a member like any other', () => {
  const value = parseExactJson('{"__proto__": {"success": true}}')
  expect(JSON.stringify(plainJson(value))).toBe('{"__proto__":{"success":true}}')
  expect(canonicalJson(value)).toBe('{"__proto__":{"success":true}}')
})
