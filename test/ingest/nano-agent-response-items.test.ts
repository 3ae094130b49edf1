import { describe, expect, test } from 'vitest'
import { JsonNumber } from '../../src/ingest/json/exact-json.ts'
import { nanoAgentResponse } from '../../src/ingest/readers/nano-agent-response.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const read = (content: string) => readAll(nanoAgentResponse, sourceFile(content))
const readOne = async (item: object | string) => {
  const found = await read(typeof item === 'string' ? item : JSON.stringify(item))
  return { ...found, record: found.records[0]! }
}

describe('an item of the wrong shape', () => {
  test('is rejected with all its problems, and the others go in', async () => {
    const bad = {
      success: 'yes',
      result: { km: 42 },
      metadata: {
        model: 5,
        timestamp: 'yesterday',
        turns: -1,
        token_usage: { total_tokens: -5, input_tokens: 1.5, output_tokens: 'many', total_cost: '€1' },
      },
      execution_time_seconds: -1,
    }
    const { records, rejects } = await read(
      JSON.stringify([bad, { success: true, metadata: { model: 'gpt-5' } }]),
    )
    expect(records).toHaveLength(1)
    expect(rejects).toHaveLength(1)
    expect(rejects[0]!.position).toEqual({ line: 1, item: 1 })
    expect(rejects[0]!.excerpt).toMatch(/^\{"success":"yes".*\}$/)
    expect(rejects[0]!.reason.split('; ')).toEqual([
      'success: expected true or false, found the text "yes"',
      'result: expected text, found an object',
      'metadata.model: expected text, found 5',
      'metadata.timestamp: expected an ISO 8601 time, found the text "yesterday"',
      'metadata.turns: expected a whole number of turns, found -1',
      'metadata.token_usage.total_tokens: expected a whole number of tokens, 0 or more, found -5',
      'metadata.token_usage.input_tokens: expected a whole number of tokens, 0 or more, found 1.5',
      'metadata.token_usage.output_tokens: expected a whole number of tokens, 0 or more, found the text "many"',
      'metadata.token_usage.total_cost: expected US dollars, 0 or more, found the text "€1"',
      'execution_time_seconds: expected a number of seconds, 0 or more, found -1',
    ])
  })

  test.each([
    ['5', 'expected an object, found 5'],
    ['[[]]', 'expected an object, found a list'],
    ['{}', 'success: expected true or false, found nothing'],
    ['{"response": {}}', 'response.success: expected true or false, found nothing'],
    [
      '{"response": null, "request": []}',
      'request: expected an object, found a list; response: expected an object, found null',
    ],
    ['{"success": true, "metadata": 5}', 'metadata: expected an object, found 5'],
    ['{"__proto__": {"success": true}}', 'success: expected true or false, found nothing'],
  ])('%s', async (content, reason) => {
    expect((await read(content)).rejects).toMatchObject([{ reason }])
  })
})

describe('figures', () => {
  const withUsage = (usage: string, more = '') =>
    readOne(`{"success": true, "metadata": {"model": "gpt-5", "token_usage": {${usage}}}${more}}`)

  test.each([
    ['1.4e-7', '0.00000014'],
    ['0.00034349999999999997', '0.00034349999999999997'],
    ['0.10', '0.10'],
    ['"$1,234.5"', '1234.5'],
  ])('a cost of %s is kept to the digit', async (literal, usd) => {
    expect((await withUsage(`"total_cost": ${literal}`)).record.costReportedUsd).toBe(usd)
  })

  test('tokens beyond the floats are exact, in the record and in raw', async () => {
    const { record } = await withUsage('"total_tokens": 9007199254740993')
    expect(record.totalTokens).toBe(9007199254740993n)
    expect(record.raw).toMatchObject({
      response: { metadata: { token_usage: { total_tokens: new JsonNumber('9007199254740993') } } },
    })
  })

  test('what is null or N/A is unknown, not zero', async () => {
    const { record, rejects } = await withUsage(
      '"total_tokens": null, "total_cost": "N/A"',
      ', "execution_time_seconds": null',
    )
    expect(rejects).toEqual([])
    for (const name of ['totalTokens', 'costReportedUsd', 'durationNs'])
      expect(record).not.toHaveProperty(name)
  })

  test('turns count when there are any', async () => {
    expect((await readOne({ success: true, metadata: { model: 'm', turns: 3 } })).record.turnCount).toBe(3)
    expect((await readOne({ success: true, metadata: { model: 'm', turns: 0 } })).record).not.toHaveProperty(
      'turnCount',
    )
  })

  test('figures that contradict each other are told and kept', async () => {
    const { record, warnings } = await withUsage(
      '"total_tokens": 10, "input_tokens": 4, "output_tokens": 5, "cached_tokens": 6',
    )
    expect(record).toMatchObject({ totalTokens: 10n, cacheReadTokens: 6n })
    expect(warnings.map(({ message }) => message)).toEqual([
      'total tokens are 10, input and output 9; kept as reported',
      'cached tokens are 6, more than the 4 of the input; kept as reported',
    ])
  })
})

describe('the model', () => {
  test('of the response is believed before that of the request', async () => {
    const { record, warnings } = await readOne({
      request: { model: 'gpt-5', provider: 'openai' },
      response: { success: true, metadata: { model: 'claude-sonnet-4', provider: 'anthropic' } },
    })
    expect(record).toMatchObject({ model: 'claude-sonnet-4-20250514', provider: 'anthropic' })
    expect(warnings.map(({ message }) => message)).toEqual([
      'the request asks for gpt-5, the response names claude-sonnet-4; the response is believed',
    ])
  })

  test('has the provider that is reported, or the one that is known, or none', async () => {
    const provider = async (metadata: object) => (await readOne({ success: true, metadata })).record.provider
    expect(await provider({ model: 'glm-4.6', provider: 'zai' })).toBe('zai')
    expect(await provider({ model: 'gpt-5' })).toBe('openai')
    expect(await provider({ model: 'glm-4.6' })).toBeUndefined()
  })
})

describe('the natural key', () => {
  const response = { success: true, result: 'x', metadata: { model: 'gpt-5' }, execution_time_seconds: 1.5 }
  const keys = async (content: string) => (await read(content)).records.map(({ naturalKey }) => naturalKey)

  test('is the same for the same response in another file, order and layout', async () => {
    const { success, ...rest } = response
    const [first] = await keys(JSON.stringify(response))
    const [, second] = await keys(
      JSON.stringify(
        [
          { ...response, result: 'y' },
          { ...rest, success },
        ],
        null,
        2,
      ),
    )
    expect(second).toEqual(first)
  })

  test('tells the same response twice in one file apart by its number', async () => {
    const [first, other, second] = await keys(
      [response, { ...response, result: 'y' }, response].map((item) => JSON.stringify(item)).join('\n'),
    )
    expect(first).toEqual(['nano-agent', expect.any(String), 1])
    expect(second).toEqual(['nano-agent', first![1], 2])
    expect(other![1]).not.toBe(first![1])
  })
})
