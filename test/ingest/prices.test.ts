import { describe, expect, test } from 'vitest'
import { builtInPrices } from '../../src/ingest/normalise/price-table.ts'
import { priceFor, type Price, type PriceTable } from '../../src/ingest/normalise/prices.ts'

const price = (model: string, from: string, input: string, to?: string): Price => ({
  provider: 'acme',
  model,
  effectiveFrom: from,
  ...(to === undefined ? {} : { effectiveTo: to }),
  input,
  output: '1',
})

const table: PriceTable = {
  version: 'test',
  prices: [
    price('*', '2020-01-01', '1'),
    price('rocket-2*', '2025-01-01', '4'),
    price('rocket*', '2025-01-01', '3'),
    price('rocket-2', '2025-01-01', '5', '2025-06-01'),
    price('rocket-2', '2025-06-01', '6'),
  ],
}
const inputOf = (model: string, at: string, provider = 'acme') => priceFor(table, provider, model, at)?.input

describe('priceFor', () => {
  test('believes a name in full before a beginning, and a longer beginning before a shorter one', () => {
    const at = '2025-03-01T00:00:00Z'
    expect(inputOf('rocket-2', at)).toBe('5')
    expect(inputOf('rocket-2-mini', at)).toBe('4')
    expect(inputOf('rocket', at)).toBe('3')
    expect(inputOf('sled', at)).toBe('1')
  })

  test('takes the price of the day, its first day included and its end not', () => {
    expect(inputOf('rocket-2', '2025-01-01T00:00:00Z')).toBe('5')
    expect(inputOf('rocket-2', '2025-05-31T23:59:59.999999Z')).toBe('5')
    expect(inputOf('rocket-2', '2025-06-01T00:00:00Z')).toBe('6')
  })

  test('knows none before the first day, not even by a shorter name', () => {
    expect(inputOf('rocket-2', '2024-12-31T23:59:59Z')).toBeUndefined()
    expect(inputOf('rocket-2-mini', '2024-12-31T23:59:59Z')).toBeUndefined()
  })

  test('knows none of another provider', () => {
    expect(inputOf('rocket-2', '2025-03-01T00:00:00Z', 'other')).toBeUndefined()
  })
})

describe('the built-in prices', () => {
  test.each([
    ['anthropic', 'claude-opus-4-1', '15', '75', '1.5'],
    ['anthropic', 'claude-opus-4-20250514', '15', '75', '1.5'],
    ['anthropic', 'claude-sonnet-4', '3', '15', '0.3'],
    ['anthropic', 'claude-3-haiku', '0.25', '1.25', '0.03'],
    ['openai', 'gpt-5', '1.25', '10', '0.125'],
    ['openai', 'GPT-5-mini', '0.25', '2', '0.025'],
    ['openai', 'gpt-5-nano-2025-08-07', '0.05', '0.4', '0.005'],
    ['ollama', 'gpt-oss-20b', '0', '0', '0'],
  ])('of %s %s in August 2025', (provider, model, input, output, cacheRead) => {
    expect(priceFor(builtInPrices, provider, model, '2025-08-10T12:00:00Z')).toMatchObject({
      input,
      output,
      cacheRead,
    })
  })

  test.each([
    ['anthropic', 'claude-opus-4-1', '2025-08-04T23:59:59Z'],
    ['openai', 'gpt-5-turbo', '2025-08-10T00:00:00Z'],
    ['aws.bedrock', 'claude-opus-4-1', '2025-08-10T00:00:00Z'],
  ])('know nothing of %s %s at %s', (provider, model, at) => {
    expect(priceFor(builtInPrices, provider, model, at)).toBeUndefined()
  })

  test('of gpt-4o fell when its name came to mean a newer one', () => {
    const at = (day: string) => priceFor(builtInPrices, 'openai', 'gpt-4o', `${day}T00:00:00Z`)?.input
    expect([at('2024-10-01'), at('2024-10-02')]).toStrictEqual(['5', '2.5'])
  })

  test('say where they are from', () => {
    expect(builtInPrices.prices.filter(({ source }) => !source)).toStrictEqual([])
  })
})
