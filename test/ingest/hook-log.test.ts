import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hookLog } from '../../src/ingest/readers/hook-log.ts'
import { transcript } from '../../src/ingest/readers/transcript.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
const read = (name: string) => readAll(hookLog, sourceFile(fixture(`hook-logs/${name}`)))
const session = '5d0c7a1e-2b44-4f0e-9a53-6f1e0f5b9c11'

test.each(['flat.json', 'foreign.json', 'generations.jsonl', 'nano_agent_call.json', 'sent_events.jsonl'])(
  '%s is known by its content',
  (name) => {
    expect(hookLog.detect(fixture(`hook-logs/${name}`))).toBe(true)
    expect(transcript.detect(fixture(`hook-logs/${name}`))).toBe(false)
  },
)

describe('logs without ids of calls', () => {
  test('the beginning and the end of a call have one name, also where the same call is made twice', async () => {
    const [before, after] = [await read('pre_tool_use.json'), await read('post_tool_use.json')]
    const keys = ({ calls }: typeof before) =>
      calls.map(({ record }) => JSON.stringify(record.naturalKey)).sort()
    expect(keys(before)).toEqual(keys(after))
    expect(new Set(keys(before)).size).toBe(3)
    for (const { record } of [...before.calls, ...after.calls])
      expect(record).toMatchObject({ isRetelling: true, matchKey: record.naturalKey })
  })

  test('both ends of a call have one name in one file too', async () => {
    const items = ['pre_tool_use.json', 'post_tool_use.json'].flatMap(
      (name) => JSON.parse(fixture(`hook-logs/${name}`)) as object[],
    )
    const { calls } = await readAll(hookLog, sourceFile(JSON.stringify(items)))
    expect(calls).toHaveLength(6)
    expect(new Set(calls.map(({ record }) => JSON.stringify(record.naturalKey))).size).toBe(3)
  })

  test('a transcript gives the same calls and prompts the same match keys, and their times', async () => {
    const told = await readAll(transcript, sourceFile(fixture('transcripts/session.jsonl')))
    const matches = new Map(
      [...told.calls, ...told.interactions].flatMap(({ record }) =>
        record.matchKey ? [[JSON.stringify(record.matchKey), record.fields.occurredAt] as const] : [],
      ),
    )
    const logged = [...(await read('post_tool_use.json')).calls, ...(await read('flat.json')).interactions]
    const found = logged
      .filter(({ record }) => record.isRetelling && record.fields.sessionId === session)
      .map(({ record }) => matches.get(JSON.stringify(record.matchKey)))
    expect(found).toEqual([
      '2025-08-10T15:31:42.900Z',
      '2025-08-10T15:31:42.300Z',
      '2025-08-10T15:31:48.000Z',
      '2025-08-10T15:31:38.500Z',
      '2025-08-10T15:31:58.000Z',
    ])
  })

  test('an interrupted call is told as such, and not taken for a success', async () => {
    const { calls } = await read('post_tool_use.json')
    expect(calls.map(({ record }) => [record.fields.interrupted, record.guesses?.success])).toEqual([
      [undefined, true],
      [false, true],
      [true, undefined],
    ])
  })
})

test('one file holds the events of many sessions; what is none is refused with its place, the rest goes in', async () => {
  const { interactions, calls, rejects } = await read('flat.json')
  expect(interactions.map(({ record: { fields } }) => [fields.kind, fields.sessionId?.slice(0, 4)])).toEqual([
    ['user_prompt', '5d0c'],
    ['user_prompt', '8e6f'],
    ['user_prompt', '5d0c'],
    ['user_prompt', '8e6f'],
    ['notification', '8e6f'],
    ['stop', '8e6f'],
    ['stop', '8e6f'],
    ['stop', '5d0c'],
    ['subagent_stop', '8e6f'],
    ['session_start', '8e6f'],
    ['compaction', '8e6f'],
    ['stop', undefined],
    ['subagent_stop', undefined],
  ])
  const keys = interactions.map(({ record }) => JSON.stringify(record.naturalKey))
  expect(new Set(keys).size).toBe(keys.length)
  expect(calls).toMatchObject([{ record: { fields: { toolName: 'LS', result: '- src/\n- test/' } } }])
  expect(rejects).toMatchObject([
    { position: { item: 15 }, reason: 'expected an object, found "not an event"' },
    { position: { item: 16 }, reason: 'names no event, tool or prompt' },
  ])
})

test('newer payloads tell ids, agents and failures; events nobody knows are kept', async () => {
  const { calls, interactions, rejects } = await read('generations.jsonl')
  expect(rejects).toEqual([])
  expect(calls.map(({ record }) => record.naturalKey)).toEqual([
    ['tool_call', 'toolu_tide_01'],
    ['tool_call', 'toolu_tide_01'],
    ['tool_call', 'toolu_tide_02'],
    ['tool_call', 'toolu_tide_02'],
  ])
  expect(calls[3]!.record.fields).toMatchObject({
    mcpServer: 'chart-server',
    toolType: 'extension',
    agentId: 'af00c0ffee12',
    success: false,
    errorMessage: 'no chart of Camaret',
    interrupted: false,
  })
  expect(calls[3]!.record.raw).toMatchObject({ post_tool_use_failure: { effort: { level: 'high' } } })
  expect(interactions.map(({ record }) => record.fields.kind)).toEqual([
    'subagent_start',
    'subagent_stop',
    'stop',
    'stop_failure',
    'session_start',
    'notification',
    'post_compact',
    'session_end',
    'moon_rise',
  ])
  expect(interactions.at(-1)!.record.raw).toMatchObject({ moon_rise: { phase: 'full' } })
  expect(interactions[3]!.record.fields).toMatchObject({ success: false, errorType: 'rate_limit' })
})

test('an answer of nano-agent becomes a result of its session, under the key that the answer has anywhere', async () => {
  const logged = await read('nano_agent_call.json')
  const told = await readAll(transcript, sourceFile(fixture('transcripts/session.jsonl')))
  expect(logged.results).toHaveLength(1)
  expect(logged.results[0]!.record.fields).toMatchObject({
    sessionId: session,
    run: `nano-agent-session:${session}`,
    agent: 'surveyor',
    prompt: 'What is the tidal range in Saint-Malo? Answer in JSON.',
    response: '{"range_m": 12}',
    totalTokens: 1274n,
    costReportedUsd: '0.0003435',
    durationNs: 500_000_000n,
  })
  expect(told.results.map(({ record }) => record.naturalKey)).toEqual([logged.results[0]!.record.naturalKey])
})

test('records of other hook scripts are told apart; those that name no tool are refused', async () => {
  const { calls, rejects } = await read('foreign.json')
  expect(calls.map(({ record }) => [record.fields.toolName, record.fields.success])).toEqual([
    ['Bash', true],
    ['Read', undefined],
    ['Edit', false],
  ])
  expect(calls[0]!.record.fields.occurredAtSource).toBe('event_assumed_utc')
  expect(rejects).toMatchObject([{ reason: 'a record of another hook script that names no tool' }])
})

test('events that a sender wrapped have their times, and their transcript is read too', async () => {
  const { calls, interactions, rejects } = await read('sent_events.jsonl')
  expect(calls.map(({ record: { fields } }) => [fields.startedAt, fields.endedAt])).toEqual([
    ['2025-08-10T15:33:21.250Z', undefined],
    [undefined, '2025-08-10T15:33:23.000Z'],
  ])
  expect(interactions.map(({ record }) => record.fields.kind)).toEqual(['stop', 'user_prompt'])
  expect(rejects).toHaveLength(1)
})
