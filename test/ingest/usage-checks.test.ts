import { describe, expect, test } from 'vitest'
import { JsonNumber, type ExactJson } from '../../src/ingest/json/exact-json.ts'
import { readUsage, usageProblems, usageWarnings, type TokenUsage } from '../../src/ingest/normalise/usage.ts'

const tokens = 'a whole number of tokens, 0 or more'

describe('what cannot be is a problem, and the rest is read', () => {
  test.each<[ExactJson, string]>([
    [-5, `prompt_tokens: expected ${tokens}, found -5`],
    [1.5, `prompt_tokens: expected ${tokens}, found 1.5`],
    ['many', `prompt_tokens: expected ${tokens}, found "many"`],
    [true, `prompt_tokens: expected ${tokens}, found true`],
    [[1], `prompt_tokens: expected ${tokens}, found a list`],
    [{}, `prompt_tokens: expected ${tokens}, found an object`],
    [new JsonNumber('9223372036854775808'), `prompt_tokens: expected ${tokens}, found 9223372036854775808`],
    [new JsonNumber('1e400'), `prompt_tokens: expected ${tokens}, found 1e400`],
    ['x'.repeat(60), `prompt_tokens: expected ${tokens}, found <62 characters>`],
  ])('%j', (prompt_tokens, problem) => {
    const read = readUsage({ prompt_tokens, completion_tokens: 7 })
    expect(read).toStrictEqual({ usage: { outputTokens: 7n }, problems: [problem], warnings: [] })
  })

  test('details that are no object are named once', () => {
    const payload = { input_tokens: 1, output_tokens: 2, input_tokens_details: 5 }
    expect(readUsage(payload).problems).toStrictEqual(['input_tokens_details: expected an object, found 5'])
  })

  test('a duration, a cost, a count of requests', () => {
    expect(readUsage({ eval_count: 1, load_duration: -1 }).problems).toStrictEqual([
      'load_duration: expected a whole number of nanoseconds, 0 or more, found -1',
    ])
    expect(readUsage({ input_tokens: 1, total_cost: -0.5 }).problems).toStrictEqual([
      'total_cost: expected US dollars, 0 or more, found -0.5',
    ])
    expect(readUsage({ input_tokens: 1, requests: 3e9 }).problems).toStrictEqual([
      'requests: expected a whole number of requests, 0 or more, found 3000000000',
    ])
  })

  test('a sum that no column holds', () => {
    const most = new JsonNumber('9223372036854775807')
    expect(readUsage({ input_tokens: most, cache_read_input_tokens: 1 }).problems).toStrictEqual([
      'input_tokens is 9223372036854775808, more than 9223372036854775807',
    ])
  })

  test('a payload that is none', () => {
    expect(readUsage('12 tokens').problems).toStrictEqual(['expected an object, found "12 tokens"'])
    expect(readUsage([1]).problems).toStrictEqual(['expected an object, found a list'])
  })

  test.each<[TokenUsage, string]>([
    [{ inputTokens: -1n }, 'input_tokens is -1, less than 0'],
    [{ cacheWrite1hTokens: -1n }, 'cache_write_1h_tokens is -1, less than 0'],
    [{ requestCount: -2 }, 'request_count is -2, less than 0'],
    [{ requestCount: 0.5 }, 'request_count is 0.5, no whole number'],
    [{ durationNs: 2n ** 63n }, 'duration_ns is 9223372036854775808, more than 9223372036854775807'],
    [{ costReportedUsd: '-0.5' }, 'cost_reported_usd is -0.5, less than 0'],
  ])('in usage from elsewhere: %o', (usage, problem) => expect(usageProblems(usage)).toStrictEqual([problem]))
})

describe('what does not fit together is a warning', () => {
  test.each<[TokenUsage, string]>([
    [
      { inputTokens: 11n, outputTokens: 228n, totalTokens: 240n },
      'total_tokens is 240, input_tokens and output_tokens make 239; kept as reported',
    ],
    [
      { inputTokens: 10n, cacheReadTokens: 11n },
      'cache_read_tokens is 11, more than input_tokens, 10; kept as reported',
    ],
    [
      { inputTokens: 10n, cacheWriteTokens: 12n },
      'cache_write_tokens is 12, more than input_tokens, 10; kept as reported',
    ],
    [
      { inputTokens: 10n, cacheReadTokens: 6n, cacheWriteTokens: 5n },
      'cache_read_tokens 6 and cache_write_tokens 5 make 11, more than input_tokens, 10; kept as reported',
    ],
    [
      { cacheWriteTokens: 4n, cacheWrite1hTokens: 5n },
      'cache_write_1h_tokens is 5, more than cache_write_tokens, 4; kept as reported',
    ],
    [
      { outputTokens: 4n, reasoningTokens: 5n },
      'reasoning_tokens is 5, more than output_tokens, 4; kept as reported',
    ],
  ])('%o', (usage, warning) => expect(usageWarnings(usage)).toStrictEqual([warning]))

  test('figures at the limit, or without the other to compare, fit', () => {
    const whole = { inputTokens: 10n, outputTokens: 5n, totalTokens: 15n, reasoningTokens: 5n }
    const cached = { cacheReadTokens: 6n, cacheWriteTokens: 4n, cacheWrite1hTokens: 4n }
    expect(usageWarnings({ ...whole, ...cached })).toStrictEqual([])
    expect(usageWarnings({ totalTokens: 15n, cacheReadTokens: 6n, reasoningTokens: 5n })).toStrictEqual([])
  })

  test('names that no shape has are told, some of them', () => {
    const payload = { promptTokenCount: 5, candidatesTokenCount: 6, nothing: null }
    const warning = 'no known names of token counts among "promptTokenCount", "candidatesTokenCount"'
    expect(readUsage(payload)).toStrictEqual({ usage: {}, problems: [], warnings: [warning] })
  })
})
