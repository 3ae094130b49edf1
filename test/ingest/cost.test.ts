import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { computeCost } from '../../src/ingest/derive/cost.ts'
import { builtInPrices } from '../../src/ingest/normalise/price-table.ts'
import type { Price, PriceTable } from '../../src/ingest/normalise/prices.ts'

const rates = { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75', cacheWrite1h: '6' }
const tableOf = (price: Partial<Price>): PriceTable => ({
  version: 'v7',
  prices: [
    { provider: 'acme', model: 'rocket', effectiveFrom: '2025-01-01', input: '1', output: '1', ...price },
  ],
})
const call = { provider: 'acme', model: 'rocket', occurredAt: '2025-08-10T12:00:00Z' }
const usage = {
  inputTokens: 1532n,
  outputTokens: 33n,
  cacheReadTokens: 1111n,
  cacheWriteTokens: 418n,
  cacheWrite1hTokens: 100n,
}

describe('a cost is tokens times price', () => {
  test('each token at the price of its kind', () => {
    // 3 × 3 + 1111 × 0.3 + 318 × 3.75 + 100 × 6 + 33 × 15, in millionths
    expect(computeCost(tableOf(rates), call, usage)).toStrictEqual({
      costComputedUsd: '0.0026298',
      priceVersion: 'v7',
    })
  })

  test('reasoning is paid as output, once', () => {
    const thought = { inputTokens: 11n, outputTokens: 228n, reasoningTokens: 192n }
    expect(computeCost(tableOf(rates), call, thought)?.costComputedUsd).toBe('0.003453')
  })

  test.each([
    ['claude-opus-4-1', 1298n, 213n, '0.035445'],
    ['claude-opus-4', 1298n, 21n, '0.021045'],
    ['claude-sonnet-4', 1298n, 70n, '0.004944'],
    ['claude-3-haiku', 1249n, 25n, '0.0003435'],
    ['gpt-5', 602n, 533n, '0.0060825'],
    ['gpt-oss:20b', 651n, 457n, '0'],
  ])('%s of the built-in table', (model, inputTokens, outputTokens, cost) => {
    const computed = computeCost(
      builtInPrices,
      { model, occurredAt: '2025-08-10T12:00:00Z' },
      { inputTokens, outputTokens },
    )
    expect(computed?.costComputedUsd).toBe(cost)
  })

  const decimal = fc
    .tuple(fc.bigInt(0n, 9999n), fc.bigInt(0n, 10n ** 12n - 1n))
    .map(([whole, part]) => `${whole}.${String(part).padStart(12, '0')}`)
  const tokens = fc.bigInt(0n, 10n ** 7n)

  test('exactly, to half a unit of the twelfth decimal', () => {
    fc.assert(
      fc.property(
        fc.tuple(decimal, decimal, decimal, decimal, decimal),
        fc.tuple(tokens, tokens, tokens, tokens, tokens),
        ([input, output, cacheRead, cacheWrite5m, cacheWrite1h], [uncached, read, write, hour, out]) => {
          const computed = computeCost(
            tableOf({ input, output, cacheRead, cacheWrite5m, cacheWrite1h }),
            call,
            {
              inputTokens: uncached + read + write + hour,
              outputTokens: out,
              cacheReadTokens: read,
              cacheWriteTokens: write + hour,
              cacheWrite1hTokens: hour,
            },
          )
          const parts: [bigint, string][] = [
            [uncached, input],
            [read, cacheRead],
            [write, cacheWrite5m],
            [hour, cacheWrite1h],
            [out, output],
          ]
          // Dollars for a million tokens with twelve decimals: the sum counts in 10^-18 dollars.
          const exact = parts.reduce(
            (sum, [count, price]) => sum + count * BigInt(price.replace('.', '')),
            0n,
          )
          const [whole, part = ''] = computed!.costComputedUsd.split('.')
          expect(part.length).toBeLessThanOrEqual(12)
          const difference = BigInt(whole + part.padEnd(18, '0')) - exact
          expect(difference > -500_000n && difference <= 500_000n).toBe(true)
        },
      ),
    )
  })

  test('a half is rounded away from zero', () => {
    const at = (input: string) =>
      computeCost(tableOf({ input }), call, { inputTokens: 1n, outputTokens: 0n })?.costComputedUsd
    expect(at('0.0000005')).toBe('0.000000000001')
    expect(at('0.000000499999')).toBe('0')
  })
})

describe('what is not known costs not nothing, but an unknown sum', () => {
  const noCachePrices = tableOf({ input: '3', output: '15' })

  test.each([
    ['no input', { outputTokens: 5n }],
    ['no output', { inputTokens: 5n }],
    ['no price for cache reads', { inputTokens: 5n, outputTokens: 5n, cacheReadTokens: 1n }],
    ['no price for cache writes', { inputTokens: 5n, outputTokens: 5n, cacheWriteTokens: 1n }],
    ['more cached than put in', { inputTokens: 5n, outputTokens: 5n, cacheReadTokens: 6n }],
    ['less than nothing', { inputTokens: 5n, outputTokens: -5n }],
  ])('%s', (_, known) => expect(computeCost(noCachePrices, call, known)).toBeUndefined())

  test('more written for an hour than at all', () => {
    const known = { inputTokens: 5n, outputTokens: 5n, cacheWriteTokens: 1n, cacheWrite1hTokens: 2n }
    expect(computeCost(tableOf(rates), call, known)).toBeUndefined()
  })

  test('more than the column holds', () => {
    const known = { inputTokens: 2n ** 62n, outputTokens: 0n }
    expect(computeCost(tableOf(rates), call, known)).toBeUndefined()
  })

  test('a cache that was not used needs no price', () => {
    const known = { inputTokens: 5n, outputTokens: 5n, cacheReadTokens: 0n, cacheWriteTokens: 0n }
    expect(computeCost(noCachePrices, call, known)?.costComputedUsd).toBe('0.00009')
  })

  test('a model, a provider, a day without a price', () => {
    const known = { inputTokens: 5n, outputTokens: 5n }
    expect(computeCost(noCachePrices, { ...call, model: 'sled' }, known)).toBeUndefined()
    expect(computeCost(noCachePrices, { ...call, provider: 'other' }, known)).toBeUndefined()
    expect(computeCost(noCachePrices, { ...call, occurredAt: '2024-12-31T23:59:59Z' }, known)).toBeUndefined()
    expect(computeCost(noCachePrices, { occurredAt: call.occurredAt }, known)).toBeUndefined()
  })
})

describe('the model that answered is the one that is paid', () => {
  const table: PriceTable = {
    version: 'v7',
    prices: [...tableOf({}).prices, { ...tableOf({ input: '9' }).prices[0]!, model: 'rocket-large' }],
  }
  const costOf = (model: string, responseModel: string) =>
    computeCost(table, { ...call, model, responseModel }, { inputTokens: 1_000_000n, outputTokens: 0n })
      ?.costComputedUsd

  test('even if another was asked for', () => expect(costOf('rocket', 'rocket-large')).toBe('9'))
  test('at the price of the name asked for, if it is a dated version of it', () => {
    expect(costOf('rocket', 'rocket-2025-08-07')).toBe('1')
    expect(costOf('rocket', 'rocket-20250807')).toBe('1')
  })
  test('but not at that of another model', () => expect(costOf('rocket', 'rocket-mini')).toBeUndefined())
})
