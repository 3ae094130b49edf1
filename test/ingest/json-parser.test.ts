import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonNumber } from '../../src/ingest/json/exact-json.ts'
import { JsonFault, parseExactJson } from '../../src/ingest/json/json-parser.ts'

test.each([
  ['{"a":x}', 5, 'found "x" where a value was expected'],
  ['{"a": 1,\n  b": 2}', 11, 'found "b" where the name of a member in double quotes was expected'],
  ['{"a" 1}', 5, 'found "1" where ":" was expected'],
  ['[1,2', 4, 'the text ends where "," or "]" was expected'],
  ['[1,]', 3, 'found "]" where a value was expected'],
  ['{"a": 1,}', 8, 'found "}" where the name of a member in double quotes was expected'],
  ['{"a": "b', 8, 'the text ends where the closing " of a text was expected'],
  ['"a\nb"', 2, 'found "\\n" where the closing " of a text was expected'],
  ['"\\x"', 1, 'found "\\\\" where an escape that JSON knows was expected'],
  ['{}\n{}', 3, 'found "{" where the end was expected'],
  ['01', 0, 'found "0" where a value was expected'],
  ['[truex]', 1, 'found "t" where a value was expected'],
  ['NaN', 0, 'found "N" where a value was expected'],
  ['', 0, 'the text ends where a value was expected'],
])('finds the fault of %j', (text, offset, message) => {
  expect(() => parseExactJson(text)).toThrow(new JsonFault(message, offset))
  expect.assertions(1)
})

/** As JSON.parse has it, rounded. */
function floats(value: unknown): unknown {
  if (value instanceof JsonNumber) return Number(value.text)
  if (Array.isArray(value)) return value.map(floats)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, floats(part)]))
}

test('takes what JSON.parse takes, for what JSON.parse takes it, and nothing else', () => {
  const marks = [
    '',
    '"',
    '{',
    ']',
    ',',
    ':',
    '\\',
    '1',
    '-',
    '.',
    'e',
    ' ',
    '\n',
    '\u007f',
    'é',
    '\u0000',
    '\uD800',
    'null',
  ]
  const mutated = fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...marks)).map(([json, at, mark]) => {
    const index = at % (json.length + 1)
    return json.slice(0, index) + mark + json.slice(index + (at % 2))
  })
  const outcome = (parse: (text: string) => unknown, text: string) => {
    try {
      return { value: parse(text) }
    } catch {
      return 'fault'
    }
  }
  fc.assert(
    fc.property(fc.oneof(mutated, fc.json()), (text) => {
      const ours = outcome((json) => floats(parseExactJson(json)), text)
      expect(ours).toEqual(outcome((json) => JSON.parse(json) as unknown, text))
    }),
    { numRuns: 10_000 },
  )
})

test.each([102, 50_000, 1_000_000])('refuses %i levels', (levels) => {
  expect(() => parseExactJson('['.repeat(levels) + ']'.repeat(levels))).toThrow(
    'more than 100 levels of nesting',
  )
})

test('takes 100 levels', () => {
  expect(() => parseExactJson('['.repeat(101) + ']'.repeat(101))).not.toThrow()
})

test('refuses a value of so many parts that it would fill the memory', () => {
  expect(() => parseExactJson(`[${'[],'.repeat(200_000)}1]`)).toThrow('more than 100000 parts of one value')
})

test('takes a time that grows with the text only', () => {
  const long = 2_000_000
  for (const text of [
    '"' + '\\"'.repeat(long),
    '1'.repeat(long) + 'x',
    ' '.repeat(long),
    `["${'é'.repeat(long)}"]`,
  ]) {
    try {
      parseExactJson(text)
    } catch (error) {
      expect(error).toBeInstanceOf(JsonFault)
    }
  }
})
