import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ExactJson, JsonObject } from '../../src/ingest/json/exact-json.ts'
import { parseExactJson } from '../../src/ingest/json/json-parser.ts'
import { readUsage, type TokenUsage } from '../../src/ingest/normalise/usage.ts'

const lines = readFileSync(new URL('../fixtures/usage/answers.ndjson', import.meta.url), 'utf8')
const answers = new Map<string, ExactJson>(
  lines
    .trim()
    .split('\n')
    .map((line) => parseExactJson(line) as { of: string; answer: ExactJson })
    .map(({ of, answer }) => [of, answer]),
)

const expected: Readonly<Record<string, TokenUsage>> = {
  openai_chat: {
    inputTokens: 1530n,
    outputTokens: 271n,
    totalTokens: 1801n,
    cacheReadTokens: 1408n,
    reasoningTokens: 256n,
  },
  openai_responses: {
    inputTokens: 2050n,
    outputTokens: 11n,
    totalTokens: 2061n,
    cacheReadTokens: 0n,
    cacheWriteTokens: 2042n,
    reasoningTokens: 4n,
  },
  anthropic: {
    inputTokens: 1532n,
    outputTokens: 33n,
    cacheReadTokens: 1111n,
    cacheWriteTokens: 418n,
    cacheWrite1hTokens: 100n,
    reasoningTokens: 12n,
  },
  'anthropic through the OpenAI shape': { inputTokens: 1249n, outputTokens: 25n, totalTokens: 1274n },
  ollama: {
    inputTokens: 17n,
    outputTokens: 66n,
    durationNs: 10_386_172_208n,
    measures: {
      'ollama.load_duration': { value: 8.07885075, unit: 's' },
      'ollama.prompt_eval_duration': { value: 0.175861, unit: 's' },
      'ollama.eval_duration': { value: 2.1272, unit: 's' },
    },
  },
  'ollama with a cached prompt': {
    outputTokens: 12n,
    durationNs: 900_000_000n,
    measures: { 'ollama.eval_duration': { value: 0.8, unit: 's' } },
  },
  agents_sdk: {
    inputTokens: 9000n,
    outputTokens: 700n,
    totalTokens: 9700n,
    cacheReadTokens: 4096n,
    reasoningTokens: 512n,
    requestCount: 3,
  },
  inspect: {
    inputTokens: 1212n,
    outputTokens: 40n,
    totalTokens: 1252n,
    cacheReadTokens: 1000n,
    cacheWriteTokens: 200n,
    reasoningTokens: 8n,
    costReportedUsd: '0.0016',
  },
  promptfoo: { inputTokens: 8n, outputTokens: 1n, totalTokens: 9n, reasoningTokens: 0n, requestCount: 1 },
  'promptfoo replayed': {},
  nano_agent: {
    inputTokens: 602n,
    outputTokens: 533n,
    totalTokens: 1135n,
    cacheReadTokens: 128n,
    costReportedUsd: '0.0112025',
  },
}

describe('an answer as its provider gives it', () => {
  test.each([...answers])('%s', (of, answer) => {
    expect(readUsage(answer)).toStrictEqual({ usage: expected[of], problems: [], warnings: [] })
  })

  test('means the same whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.constantFrom(...answers), fc.infiniteStream(fc.nat()), ([of, answer], random) => {
        expect(readUsage(shuffled(answer, () => random.next().value)).usage).toStrictEqual(expected[of])
      }),
    )
  })
})

const count = fc.bigInt(0n, 10n ** 12n)
const anthropicPayload = fc.record(
  {
    input_tokens: count,
    output_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
  },
  { requiredKeys: ['input_tokens', 'output_tokens'] },
)

test('usage is in its final meaning: read again in OpenAI words it stays the same', () => {
  fc.assert(
    fc.property(anthropicPayload, (payload) => {
      const { usage, warnings } = readUsage(numbers(payload))
      const {
        input_tokens: input,
        cache_read_input_tokens: read,
        cache_creation_input_tokens: write,
      } = payload
      expect(usage.inputTokens).toBe(input + (read ?? 0n) + (write ?? 0n))
      expect(warnings).toStrictEqual([])
      const again = {
        input_tokens: usage.inputTokens,
        output_tokens: usage.outputTokens,
        input_tokens_details: { cached_tokens: read, cache_write_tokens: write },
      }
      expect(readUsage(numbers(again)).usage).toStrictEqual(usage)
    }),
  )
})

test('the parts of a cache write stand for a sum that is missing', () => {
  const cache = { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 7 }
  const { usage } = readUsage({ input_tokens: 1, output_tokens: 2, cache_creation: cache })
  expect(usage).toMatchObject({ inputTokens: 13n, cacheWriteTokens: 12n, cacheWrite1hTokens: 7n })
})

test('a shape that is given is believed', () => {
  const payload = { input_tokens: 5, output_tokens: 2, requests: 4 }
  expect(readUsage(payload, 'openai_responses').usage).toStrictEqual({ inputTokens: 5n, outputTokens: 2n })
})

test('a member that is null does not tell whose payload it is', () => {
  const payload = { prompt_tokens: null, cache_read_input_tokens: null, input_tokens: 5, requests: 2 }
  expect(readUsage(payload).usage).toStrictEqual({ inputTokens: 5n, requestCount: 2 })
})

test('figures keep every digit, and may be texts', () => {
  const payload = parseExactJson(
    '{"input_tokens": 9007199254740993, "output_tokens": "1,234", "total_tokens": "N/A"}',
  )
  expect(readUsage(payload).usage).toStrictEqual({ inputTokens: 9007199254740993n, outputTokens: 1234n })
})

test.each<[ExactJson]>([[null], [{}], [{ input_tokens: null }], [{ id: 'x', usage: null }]])(
  '%j tells nothing and is no reason to complain',
  (payload) => expect(readUsage(payload)).toStrictEqual({ usage: {}, problems: [], warnings: [] }),
)

/** With its members, and those of its parts, in another order. */
function shuffled(value: ExactJson, random: () => number): ExactJson {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('constructor' in value))
    return value
  if (value.constructor !== Object) return value
  const members = Object.entries(value as JsonObject).map(([name, part]) => ({
    name,
    part: shuffled(part, random),
    place: random(),
  }))
  members.sort((one, other) => one.place - other.place)
  return Object.fromEntries(members.map(({ name, part }) => [name, part]))
}

/** As a parser reads it: digits of a count, and no members that are undefined. */
function numbers(payload: object): ExactJson {
  return parseExactJson(
    JSON.stringify(payload, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  )
}
