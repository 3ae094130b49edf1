import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { metricsOf, type DerivedMetric } from '../../src/ingest/derive/metrics.ts'
import type { AgentInteractionFields } from '../../src/ingest/records/agent-interaction.ts'

const time = { occurredAt: '2025-08-10T12:00:00Z', occurredAtSource: 'event' } as const

/** A line each: what is measured, and what tells it from its like. */
function shown(metrics: readonly DerivedMetric[]): string[] {
  return metrics.map(({ metric, value, unit, tokenType, attributes }) => {
    const more = [tokenType, attributes && JSON.stringify(attributes)].filter(Boolean)
    return [metric, value, unit, ...more].join(' ')
  })
}

test('a result: time, tokens, cost, outcome', () => {
  const metrics = metricsOf('evaluation_result', {
    ...time,
    provider: 'openai',
    model: 'gpt-5',
    testId: 'lop_eval_1__dummy_test',
    sessionId: 's-1',
    success: true,
    durationNs: 10_000_000_000n,
    inputTokens: 602n,
    outputTokens: 500n,
    costReportedUsd: '0.0112025',
    costComputedUsd: '0.0060825',
    priceVersion: 'v7',
  })
  expect(shown(metrics)).toStrictEqual([
    'gen_ai.client.operation.duration 10 s',
    'gen_ai.client.token.usage 602 {token} input',
    'gen_ai.client.token.usage 500 {token} output',
    'evalport.time_per_output_token 0.02 s',
    'evalport.output_tokens_per_second 50 {token}/s',
    'evalport.cost 0.0112025 {USD} {"source":"reported"}',
    'evalport.cost 0.0060825 {USD} {"source":"computed","price_version":"v7"}',
    'evalport.success 1 1',
  ])
  expect(metrics[0]).toStrictEqual({
    ...time,
    subjectType: 'evaluation_result',
    provider: 'openai',
    model: 'gpt-5',
    testId: 'lop_eval_1__dummy_test',
    sessionId: 's-1',
    success: true,
    metric: 'gen_ai.client.operation.duration',
    value: 10,
    unit: 's',
  })
})

test('a failure that names an error counts as one, under its type', () => {
  const metrics = metricsOf('evaluation_result', { ...time, success: false, errorType: 'MaxTurnsExceeded' })
  expect(shown(metrics)).toStrictEqual(['evalport.success 0 1', 'evalport.error 1 1'])
  expect(metrics[1]).toMatchObject({ errorType: 'MaxTurnsExceeded', success: false })
})

test('a failure that names none, and a record of which nothing is known', () => {
  expect(shown(metricsOf('evaluation_result', { ...time, success: false }))).toStrictEqual([
    'evalport.success 0 1',
  ])
  expect(metricsOf('evaluation_result', time)).toStrictEqual([])
})

describe('an interaction', () => {
  const fields: AgentInteractionFields = {
    ...time,
    kind: 'assistant_message',
    operation: 'chat',
    provider: 'ollama',
    durationNs: 10_386_172_208n,
    inputTokens: 17n,
    outputTokens: 66n,
    measures: {
      'ollama.load_duration': { value: 8.07885075, unit: 's' },
      'ollama.eval_duration': { value: 2.1272, unit: 's' },
      'ollama.broken': { value: Infinity, unit: 's' },
    },
  }

  test('with a model has its own measures as well, by name', () => {
    const metrics = metricsOf('agent_interaction', fields)
    expect(shown(metrics)).toStrictEqual([
      'gen_ai.client.operation.duration 10.386172208 s',
      'gen_ai.client.token.usage 17 {token} input',
      'gen_ai.client.token.usage 66 {token} output',
      `evalport.time_per_output_token ${10.386172208 / 66} s`,
      `evalport.output_tokens_per_second ${66 / 10.386172208} {token}/s`,
      'ollama.eval_duration 2.1272 s',
      'ollama.load_duration 8.07885075 s',
    ])
    expect(new Set(metrics.map(({ operation }) => operation))).toStrictEqual(new Set(['chat']))
  })

  test('in which no model was asked has none', () => {
    const { operation: _, ...event } = fields
    expect(metricsOf('agent_interaction', { ...event, success: true })).toStrictEqual([])
  })

  test('without output or without time has no rate', () => {
    const names = (more: Partial<AgentInteractionFields>) =>
      metricsOf('agent_interaction', { ...time, operation: 'chat', ...more }).map(({ metric }) => metric)
    expect(names({ durationNs: 5n, outputTokens: 0n })).toStrictEqual([
      'gen_ai.client.operation.duration',
      'gen_ai.client.token.usage',
    ])
    expect(names({ durationNs: 0n, outputTokens: 5n })).toStrictEqual([
      'gen_ai.client.operation.duration',
      'gen_ai.client.token.usage',
    ])
  })
})

test('a tool call: time and outcome, by tool', () => {
  const metrics = metricsOf('tool_call', {
    ...time,
    sessionId: 's-1',
    toolName: 'Bash',
    durationNs: 1_500_000n,
    success: false,
    errorMessage: 'exit 1',
  })
  expect(shown(metrics)).toStrictEqual([
    'gen_ai.execute_tool.duration 0.0015 s {"tool_name":"Bash"}',
    'evalport.success 0 1 {"tool_name":"Bash"}',
    'evalport.error 1 1 {"tool_name":"Bash"}',
  ])
  expect(metrics[0]).toMatchObject({ operation: 'execute_tool', sessionId: 's-1', success: false })
})

test('every value is finite, and no two metrics of a record are the same', () => {
  const count = fc.bigInt(0n, 2n ** 63n - 1n)
  const known = fc.record(
    { durationNs: count, inputTokens: count, outputTokens: count, success: fc.boolean() },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(known, (fields) => {
      const record = { ...time, operation: 'chat', costReportedUsd: '1', costComputedUsd: '2', ...fields }
      const metrics = metricsOf('agent_interaction', record)
      const names = metrics.map(({ metric, tokenType, attributes }) =>
        [metric, tokenType, attributes?.['source']].join(),
      )
      expect(metrics.every(({ value }) => Number.isFinite(value))).toBe(true)
      expect(new Set(names).size).toBe(names.length)
      expect(metricsOf('agent_interaction', record)).toStrictEqual(metrics)
    }),
  )
})
