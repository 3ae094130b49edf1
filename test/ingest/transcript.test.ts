import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { transcript } from '../../src/ingest/readers/transcript.ts'
import { turn } from '../../bench/generated-sessions.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/transcripts/${name}`, import.meta.url), 'utf8')
const read = (name: string) => readAll(transcript, sourceFile(fixture(name)))

test('a message is one record however many lines repeat it, with the usage of its last line', async () => {
  const { interactions } = await read('session.jsonl')
  const messages = interactions.filter(({ record }) => record.fields.kind === 'assistant_message')
  expect(messages.map(({ record }) => record.fields.responseId)).toEqual([
    'msg_01',
    'msg_02',
    'msg_03',
    'msg_side',
    'msg_04',
    '9b1d-error',
  ])
  expect(messages[0]!.record).toMatchObject({
    naturalKey: ['message', 'msg_01'],
    fields: {
      occurredAt: '2025-08-10T15:31:40.100Z',
      occurredAtSource: 'event',
      operation: 'chat',
      provider: 'anthropic',
      model: 'claude-sonnet-4-20250514',
      inputTokens: 2104n,
      cacheReadTokens: 2000n,
      cacheWriteTokens: 100n,
      outputTokens: 77n,
      finishReasons: ['tool_use'],
      response: 'I look it up.',
      thinking: 'Tables first.',
      clientVersion: '1.0.72',
      gitBranch: 'dev',
    },
  })
  // The signature of a thought says nothing; texts are not kept twice.
  expect(JSON.stringify(messages[0]!.record.raw)).not.toMatch(/EqQBsigned|Tables first|I look it up/)
})

test('output tokens add up by message, not by line', async () => {
  const lines = fixture('session.jsonl').split('\n').slice(0, -1)
  const usage = new Map<string, number>()
  let byLine = 0
  for (const line of lines) {
    const { type, message } = JSON.parse(line) as {
      type: string
      message?: { id: string; usage: { output_tokens: number } }
    }
    if (type !== 'assistant') continue
    usage.set(message!.id, Math.max(message!.usage.output_tokens, usage.get(message!.id) ?? 0))
    byLine += message!.usage.output_tokens
  }
  const { interactions } = await read('session.jsonl')
  const sum = interactions.reduce((all, { record }) => all + (record.fields.outputTokens ?? 0n), 0n)
  expect(sum).toBe(BigInt([...usage.values()].reduce((all, each) => all + each, 0)))
  expect(Number(sum)).toBeLessThan(byLine)
})

test('calls are told by both their ends, parallel ones by their ids', async () => {
  const { calls } = await read('session.jsonl')
  const ofCall = (id: string) =>
    calls.filter(({ record }) => record.fields.callId === id).map(({ record }) => record.fields)
  expect(ofCall('toolu_01')).toMatchObject([
    { toolName: 'Bash', startedAt: '2025-08-10T15:31:42.300Z', arguments: { command: 'npm test' } },
    {
      endedAt: '2025-08-10T15:31:47.500Z',
      success: true,
      interrupted: false,
      result: { stdout: '12 passed' },
    },
  ])
  expect(ofCall('toolu_03')[1]).toMatchObject({ success: false, errorMessage: 'Exit code 1\n\n1 failed' })
  expect(ofCall('toolu_nano_01')[0]).toMatchObject({ isSidechain: true, mcpServer: 'nano-agent' })
})

test('sub-agents are named where the call that started them is known', async () => {
  const { interactions, results } = await read('session.jsonl')
  const side = interactions.filter(({ record }) => record.fields.isSidechain)
  expect(new Set(side.map(({ record }) => record.fields.agentName))).toEqual(
    new Set(['nano-agent-claude-3-haiku']),
  )
  expect(results).toMatchObject([
    { record: { fields: { agent: 'nano-agent-claude-3-haiku', success: true } } },
  ])
  const { interactions: own } = await read('agent-af00c0ffee12.jsonl')
  expect(new Set(own.map(({ record }) => record.fields.agentId))).toEqual(new Set(['af00c0ffee12']))
})

test('every line is kept: system, compaction, summaries, and types that nobody knows, which are told once', async () => {
  const { interactions, warnings, rejects } = await read('session.jsonl')
  const kinds = interactions.map(({ record }) => record.fields.kind)
  for (const kind of [
    'summary',
    'file_history_snapshot',
    'system',
    'compaction',
    'compact_summary',
    'meta',
    'permission_mode',
    'queue_operation',
    'moon_phase',
    'tool_result',
  ])
    expect(kinds).toContain(kind)
  expect(kinds.filter((kind) => kind === 'moon_phase')).toHaveLength(3)
  expect(warnings.map(({ message }) => message)).toEqual([
    'lines of the type "moon-phase" are not known; they are kept as they are',
  ])
  expect(rejects).toMatchObject([
    { reason: expect.stringContaining('cut short') as string, position: { line: 30 } },
  ])
  const failed = interactions.find(({ record }) => record.fields.errorType === 'api_error')
  expect(failed!.record.fields).toMatchObject({ success: false, errorMessage: 'API Error: 529 overloaded' })
  expect(failed!.record.fields).not.toHaveProperty('model')
  expect(failed!.record.fields).not.toHaveProperty('outputTokens')
})

test("a text that the database cannot hold is told as it stands: to replace it is the store's", async () => {
  const { interactions } = await read('session.jsonl')
  expect(
    interactions.find(({ record }) => record.fields.responseId === 'msg_04')!.record.fields.response,
  ).toBe('While the agent asks: a tide is a wave.\0')
})

test('a growing file tells the same of what it held before, and outweighs it', async () => {
  const [early, late] = [await read('chat.json'), await read('session.jsonl')]
  const message = (all: typeof early) =>
    all.interactions.find(({ record }) => record.fields.responseId === 'msg_01')!.record
  expect(message(early).naturalKey).toEqual(message(late).naturalKey)
  expect(message(late).weight).toBeGreaterThanOrEqual(message(early).weight!)
  expect(early.calls.map(({ record }) => record.matchKey)).toEqual(
    late.calls.slice(0, 2).map(({ record }) => record.matchKey),
  )
})

test('figures that contradict themselves are refused with their message, the others go in', async () => {
  const lines = turn(7).map((line) => JSON.stringify(line))
  const broken = lines.map((line) =>
    line
      .replace(/"output_tokens":\d+/, '"output_tokens":-3')
      .replaceAll('msg_', 'msg_x')
      .replaceAll('"uuid":"0', '"uuid":"1'),
  )
  const { interactions, rejects } = await readAll(transcript, sourceFile([...lines, ...broken].join('\n')))
  expect(interactions.filter(({ record }) => record.fields.kind === 'assistant_message')).toHaveLength(1)
  expect(rejects).toMatchObject([{ reason: expect.stringMatching(/usage: .*output_tokens.*-3/) as string }])
})
