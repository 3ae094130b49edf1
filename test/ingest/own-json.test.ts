import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { JsonNumber } from '../../src/ingest/json/exact-json.ts'
import { ownJson } from '../../src/ingest/readers/own-json.ts'
import { detectReader } from '../../src/ingest/readers/registry.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/own-records/${name}`, import.meta.url), 'utf8')
const read = (content: string) => readAll(ownJson, sourceFile(content))
const lines = (...records: object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('')

describe('evaluation results that a harness wrote', () => {
  test('are read with their usage, their time in UTC and the one name of their model', async () => {
    const { results } = await read(fixture('results.ndjson'))
    const { naturalKey, ...record } = results[0]!.record
    expect(naturalKey).toEqual(['own', 'evaluation_results', expect.stringMatching(/^[0-9a-f]{64}$/), 1])
    expect(record.fields).toEqual({
      run: 'nightly-7',
      framework: 'harness',
      testId: 'tides',
      provider: 'anthropic',
      model: 'claude-opus-4-20250514',
      modelAsWritten: 'claude-opus-4',
      success: true,
      score: 0.75,
      durationNs: 3_000_000_001n,
      occurredAt: '2026-03-01T09:00:00Z',
      occurredAtSource: 'event',
      scores: [
        { name: 'brevity', value: new JsonNumber('0.50'), scorer: 'judge' },
        { name: 'tone', label: 'dry' },
      ],
      inputTokens: 120n,
      cacheReadTokens: 100n,
      cacheWriteTokens: 8n,
      outputTokens: 40n,
    })
    expect(record.raw).toMatchObject({ own: { usage: { input_tokens: 12 } } })
    expect(record.guesses).toEqual({
      run: expect.stringMatching(/^own:[0-9a-f]{16}$/) as string,
      framework: 'unknown',
      successSource: 'reported',
    })
  })

  test('keep their own figures where usage says otherwise, and their own id', async () => {
    const { results, warnings } = await read(fixture('results.ndjson'))
    expect(warnings).toEqual([
      {
        kind: 'warning',
        message: 'total_tokens is 15, input_tokens and output_tokens make 14; kept as reported',
        position: { line: 2, item: 2 },
      },
    ])
    expect(results[1]!.record).toMatchObject({
      naturalKey: ['own', 'evaluation_results', 'case-2'],
      fields: {
        inputTokens: 9n,
        outputTokens: 5n,
        totalTokens: 15n,
        occurredAt: '2025-08-10T15:31:38Z',
        occurredAtSource: 'file_mtime',
      },
    })
    expect(results[1]!.record).not.toHaveProperty('exportedNumber')
    expect(results[1]!.record.fields).not.toHaveProperty('modelAsWritten')
  })

  test('are refused with everything that is wrong with them', async () => {
    const { rejects } = await read(fixture('results.ndjson'))
    expect(rejects).toEqual([
      {
        kind: 'reject',
        reason:
          'it has no model; Unknown field "modle". Did you mean model?; score: expected a number, found "high"; ' +
          'attempt: expected a whole number from 0 to 2147483647, found -1; scores: the 1. has no name, ' +
          'the 2. has the value "1", which is no number, the 3. has neither value nor label',
        position: { line: 3, item: 3 },
        excerpt: expect.stringMatching(/^\{"run":"nightly-7"/) as string,
      },
    ])
  })

  test('that are equal are told apart by their number, the same at every reading', async () => {
    const keys = async () =>
      (await read(fixture('results.ndjson'))).results.slice(2).map(({ record }) => record.naturalKey)
    const [first, second] = await keys()
    expect(first!.slice(0, 3)).toEqual(second!.slice(0, 3))
    expect([first![3], second![3]]).toEqual([1, 2])
    expect(await keys()).toEqual([first, second])
  })
})

test('an export of ours tells the number that a record had, and its source file', async () => {
  const record = {
    id: 'tcl_1042',
    tool_name: 'read_file',
    source_file: 'logs/a.json',
    started_at: '2026-01-02T03:04:05Z',
  }
  const { outputs } = await read(lines(record, { ...record, id: 'evr_1042' }, { ...record, id: '' }))
  expect(outputs).toMatchObject([
    {
      kind: 'tool_call',
      record: {
        naturalKey: ['own', 'tool_calls', 'tcl_1042'],
        exportedNumber: 1042n,
        fields: {
          sourceFile: 'logs/a.json',
          occurredAt: '2026-01-02T03:04:05Z',
          occurredAtSource: 'event',
          startedAt: '2026-01-02T03:04:05Z',
        },
        raw: {},
      },
    },
    { record: { naturalKey: ['own', 'tool_calls', 'evr_1042'] } },
    { record: { naturalKey: ['own', 'tool_calls', expect.stringMatching(/^[0-9a-f]{64}$/), 1] } },
  ])
  expect(outputs[1]).not.toHaveProperty('record.exportedNumber')
})

test('a time without a zone is assumed to be UTC, and what is told of how it is known is believed', async () => {
  const metric = { metric: 'latency', value: 1 }
  const { outputs } = await read(
    lines(
      { ...metric, occurred_at: '2026-01-02T03:04:05' },
      { ...metric, occurred_at: '2026-01-02T03:04:05', occurred_at_source: 'git_commit' },
      { ...metric, occurred_at_source: 'event' },
    ),
  )
  expect(outputs).toMatchObject([
    { record: { fields: { occurredAtSource: 'event_assumed_utc' } } },
    { record: { fields: { occurredAtSource: 'git_commit' } } },
    { record: { fields: { occurredAt: '2025-08-10T15:31:38Z', occurredAtSource: 'file_mtime' } } },
  ])
})

test('figures that do not fit together are kept with a word', async () => {
  const { warnings } = await read(
    lines({
      run: 'a',
      model: 'm',
      input_tokens: 5,
      output_tokens: 5,
      total_tokens: 11,
      cache_read_tokens: 6,
    }),
  )
  expect(warnings.map(({ message }) => message)).toEqual([
    'total_tokens is 11, input_tokens and output_tokens make 10; kept as reported',
    'cache_read_tokens is 6, more than input_tokens, 5; kept as reported',
  ])
})

test.each([
  [{ metric: 'a' }, 'it has no value'],
  [{ metric: ' ', value: 1 }, 'it has no metric'],
  [{ value: '1', metric: 'a' }, 'value: expected a number, found "1"'],
  [{ value: 1, metric: 'a', success: 'true' }, 'success: expected true or false, found "true"'],
  [{ value: 1, metric: 'a', model: 5 }, 'model: expected a text, found 5'],
  [{ value: 1, metric: 'a', attributes: [] }, 'attributes: expected an object, found a list'],
  [{ value: 1, metric: 'a', usage: {} }, expect.stringMatching(/^Unknown field "usage"\. /)],
  [
    { value: 1, metric: 'a', occurred_at: '2026-02-30' },
    'occurred_at: expected an ISO 8601 time, found "2026-02-30"',
  ],
  [{ kind: 'stop', finish_reasons: 'end' }, 'finish_reasons: expected a list of texts, found "end"'],
  [{ kind: 'stop', sequence: 1.5 }, 'sequence: expected a whole number, 0 or more, found 1.5'],
  [
    { kind: 'stop', cost_reported_usd: '1' },
    'cost_reported_usd: expected an amount of US dollars, 0 or more, found "1"',
  ],
  [{ kind: 'stop', usage: { input_tokens: -1 } }, expect.stringMatching(/^usage: input_tokens/)],
  [{ tool_name: ' ', session_id: 's' }, 'it has no tool_name and no call_id'],
  [{ run: 'a', model: 'm', prompt_order: 'lop' }, 'prompt_order: expected HOP or LOP, found "lop"'],
])('%j is refused', async (record, reason) => {
  const { outputs } = await read(lines(record))
  expect(outputs).toMatchObject([{ kind: 'reject', reason, position: { line: 1, item: 1 } }])
})

test('a number beyond every float is refused; one within keeps its digits in JSON', async () => {
  const { outputs } = await read(
    '{"metric":"a","value":1e400}\n{"metric":"a","value":1,"attributes":{"n":0.10,"big":123456789012345678901}}\n',
  )
  expect(outputs[0]).toMatchObject({ kind: 'reject', reason: 'value: expected a number, found 1e400' })
  expect(JSON.stringify(outputs[1])).toContain('{"n":0.10,"big":123456789012345678901}')
})

test('what is no object, and a line that is no JSON, are refused; the rest goes in', async () => {
  const { outputs } = await read('{"metric":"a","value":1}\n[1]\n{"metric"\n{"metric":"b","value":2}\n')
  expect(outputs).toMatchObject([
    { kind: 'performance_metric' },
    { kind: 'reject', reason: 'expected an object, found a list', position: { line: 2, item: 2 } },
    {
      kind: 'reject',
      reason: expect.stringMatching(/^cannot be read as JSON/) as string,
      position: { line: 3, item: 3 },
    },
    { kind: 'performance_metric', position: { line: 4, item: 4 } },
  ])
})

test('a member called __proto__ is an unknown field', async () => {
  const { rejects } = await read('{"metric":"a","value":1,"__proto__":{"model":"x"}}\n')
  expect(rejects[0]!.reason).toMatch(/^Unknown field "__proto__"\. /)
})

test('records of no dataset are refused one by one, and of an array that is cut only its end', async () => {
  const { outputs } = await read('[{"a":1},{"b":2}]')
  expect(outputs).toMatchObject([
    { kind: 'reject', reason: 'has no field of any dataset', position: { item: 1 } },
    { kind: 'reject', position: { item: 2 } },
  ])
  const cut = await read('[{"metric":"a","value":1},{"metric"')
  expect(cut.outputs).toMatchObject([
    { kind: 'performance_metric' },
    { kind: 'reject', position: { item: 2 } },
  ])
})

describe('detection', () => {
  test.each([
    ['{"model":"m","run":"r"}', 'own-json'],
    ['[{"metric":"m","value":1}]', 'own-json'],
    ['{"session_id":"s","kind":"user_prompt","request":"hi","usage":{"input_tokens":1}}', 'own-json'],
    ['{"call_id":"c","success":true,"result":{"a":{"b":1}}}', 'own-json'],
    ['{"call_id":"c","arguments":{"metadata":{"tool_name":1}},"result":"cut he', 'own-json'],
    ['{"model":"m","success":true}', undefined],
    ['{"model":"m","run":"r","unknown":1}', undefined],
    ['{"metric":"m"}', undefined],
    ['{"success":true,"result":"x","metadata":{"model":"gpt-5"}}', 'nano-agent-response'],
    ['[]', undefined],
  ])('%s', (head, id) => {
    expect(detectReader(head)?.id).toBe(id)
  })
})
