import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { parseExactJson } from '../../src/ingest/json/json-parser.ts'
import { builtInPrices } from '../../src/ingest/normalise/price-table.ts'
import { parsePriceTable, printPriceTable } from '../../src/ingest/normalise/prices-file.ts'

const rocket =
  '"provider": "acme", "model": "rocket", "effective_from": "2025-01-01", "input": 1, "output": 2'
const file = (...prices: string[]) => parseExactJson(`{"version": "v1", "prices": [${prices.join(', ')}]}`)

function problemsOf(json: ReturnType<typeof parseExactJson>): string[] {
  try {
    parsePriceTable(json)
  } catch (error) {
    if (error instanceof AppError) return error.problems.map(({ message }) => message)
    throw error
  }
  return []
}

test('the built-in table is a file, and the same table again', () => {
  expect(parsePriceTable(parseExactJson(printPriceTable(builtInPrices)))).toStrictEqual(builtInPrices)
})

test('prices keep every digit, as numbers or texts, and names are those of records', () => {
  const text = `{"provider": "Anthropic", "model": "claude-opus-4-1", "effective_from": "2025-08-05",
    "effective_to": "2026-01-01", "input": 0.100000000001, "output": "75.50", "cache_read": 1.50}`
  expect(parsePriceTable(file(text))).toStrictEqual({
    version: 'v1',
    prices: [
      {
        provider: 'anthropic',
        model: 'claude-opus-4-1-20250805',
        effectiveFrom: '2025-08-05',
        effectiveTo: '2026-01-01',
        input: '0.100000000001',
        output: '75.5',
        cacheRead: '1.5',
      },
    ],
  })
})

describe('problems', () => {
  test('are told all at once', () => {
    const wrong = `{"provider": "", "model": "a*b", "effective_from": "2025-02-30", "input": -1, "cache_reed": 1}`
    expect(problemsOf(parseExactJson(`{"prices": [${wrong}], "currency": "EUR"}`))).toStrictEqual([
      'version: must be text.',
      'prices.0.provider: must not be empty.',
      'prices.0.model: may have a * at its end only.',
      'prices.0.effective_from: must be a day, e.g. 2025-08-07.',
      'prices.0.input: must be US dollars for a million tokens, 0 or more.',
      'prices.0.output: must be US dollars for a million tokens, 0 or more.',
      'prices.0: Unrecognized key: "cache_reed".',
      'Unrecognized key: "currency".',
    ])
  })

  test.each(['[]', '3', 'null', '{"version": "v1", "prices": {}}'])('of a file that is %s', (text) => {
    expect(problemsOf(parseExactJson(text))).toHaveLength(1)
  })

  test('of more decimals than are exact', () => {
    const price = `{${rocket}, "cache_read": 0.1234567890123}`
    expect(problemsOf(file(price))).toStrictEqual(['prices.0.cache_read: must have at most 12 decimals.'])
  })

  test.each([
    [`{${rocket}}`, `{${rocket}}`],
    [`{${rocket}}`, `{${rocket}, "effective_to": "2025-01-02"}`],
    [`{${rocket}, "effective_to": "2025-03-01"}`, `{${rocket.replace('2025-01-01', '2025-02-28')}}`],
  ])('of periods that overlap: %s and %s', (one, other) => {
    expect(problemsOf(file(one, other))).toStrictEqual([
      'prices.1: its period and that of prices.0 overlap: acme rocket.',
    ])
  })

  test('are none where one period ends as the next begins', () => {
    const [one, other] = [
      `{${rocket}, "effective_to": "2025-03-01"}`,
      `{${rocket.replace('2025-01-01', '2025-03-01')}}`,
    ]
    expect(problemsOf(file(one, other))).toStrictEqual([])
    expect(problemsOf(file(other, one))).toStrictEqual([])
  })

  test('of a period that ends before it begins', () => {
    expect(problemsOf(file(`{${rocket}, "effective_to": "2025-01-01"}`))).toStrictEqual([
      'prices.0.effective_to: 2025-01-01 is not after effective_from, 2025-01-01.',
    ])
  })

  test('of other prices under the version of the built-in ones', () => {
    const edited = printPriceTable(builtInPrices).replace('"input": 1.25', '"input": 1.5')
    expect(problemsOf(parseExactJson(edited))).toStrictEqual([
      `version: ${builtInPrices.version} is that of the built-in table, which has other prices.`,
    ])
  })
})
