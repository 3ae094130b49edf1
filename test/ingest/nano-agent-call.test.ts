import { describe, expect, test } from 'vitest'
import type { ExactJson } from '../../src/ingest/json/exact-json.ts'
import { isNanoAgentTool, nanoAgentCall } from '../../src/ingest/readers/nano-agent-call.ts'
import type { NanoAgentCall } from '../../src/ingest/readers/nano-agent-call.ts'
import { nanoAgentResponse } from '../../src/ingest/readers/nano-agent-response.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const request = { agentic_prompt: 'How high is the tide?', model: 'gpt-5', provider: 'openai' }
const response = {
  success: true,
  result: '{"tide_m": 12}',
  error: null,
  metadata: {
    model: 'gpt-5',
    provider: 'openai',
    turns: 0,
    token_usage: { total_tokens: 1135, input_tokens: 602, output_tokens: 533, total_cost: 0.0112025 },
  },
  execution_time_seconds: 9.8149,
}
const blocks = (text: string): ExactJson => [{ type: 'text', text }]

function told(call: Partial<NanoAgentCall>) {
  return nanoAgentCall({
    toolInput: request,
    toolResponse: blocks(JSON.stringify(response, null, 2)),
    sessionId: 's-1',
    occurredAt: '2026-03-01T10:00:00Z',
    occurredAtSource: 'event',
    occurrence: () => 1,
    sourceKey: 'ab'.repeat(32),
    rawName: 'tool_result',
    ...call,
  })
}
function resultOf(call: Partial<NanoAgentCall>) {
  const [output] = told(call)
  if (output?.kind !== 'evaluation_result') throw new Error(`no result: ${JSON.stringify(output)}`)
  return output.record
}

test.each([
  ['mcp__nano-agent__prompt_nano_agent', true],
  ['mcp__nano_agent__prompt_nano_agent', true],
  ['mcp__nano-agent__list_models', false],
  ['mcp__other__prompt_nano_agent', false],
  ['prompt_nano_agent', false],
  ['mcp__nano-agent__prompt_nano_agent_2', false],
])('isNanoAgentTool(%j) is %s', (name, is) => expect(isNanoAgentTool(name)).toBe(is))

describe('a call that came back', () => {
  test('is a result, with what was asked, its session and its agent', () => {
    expect(told({ agent: 'surveyor' })).toEqual([
      {
        kind: 'evaluation_result',
        record: {
          naturalKey: ['nano-agent', expect.stringMatching(/^[0-9a-f]{64}$/), 1],
          matchKey: ['nano-agent', 'gpt-5', '981', '1135', '602', '533'],
          fields: {
            occurredAt: '2026-03-01T10:00:00Z',
            occurredAtSource: 'event',
            run: 'nano-agent-session:s-1',
            framework: 'nano-agent',
            provider: 'openai',
            model: 'gpt-5',
            modelAsWritten: 'gpt-5',
            agent: 'surveyor',
            sessionId: 's-1',
            success: true,
            successSource: 'reported',
            durationNs: 9_814_900_000n,
            inputTokens: 602n,
            outputTokens: 533n,
            totalTokens: 1135n,
            costReportedUsd: '0.0112025',
            prompt: 'How high is the tide?',
            response: '{"tide_m": 12}',
          },
          raw: { tool_result: { request, response } },
        },
      },
    ])
  })

  test('has the key that the response has in a file, alone or beside its request, in any form', async () => {
    const forms: readonly ExactJson[] = [
      blocks(JSON.stringify(response)),
      blocks(JSON.stringify(response, null, 4)),
      JSON.stringify(response),
      response,
      [
        { type: 'image', data: '…' },
        { type: 'text', text: JSON.stringify(response) },
      ],
    ]
    const calls = forms.map((toolResponse) => resultOf({ toolResponse }))
    const file = `${JSON.stringify(response)}\n`
    const pairs = JSON.stringify([
      { request, response },
      { response, request: null },
    ])
    const { results } = await readAll(nanoAgentResponse, sourceFile(file))
    const paired = (await readAll(nanoAgentResponse, sourceFile(pairs))).results
    const { naturalKey, matchKey } = results[0]!.record
    for (const record of [...calls, paired[0]!.record]) expect(record).toMatchObject({ naturalKey, matchKey })
    // The same response for the second time in one file.
    expect(paired[1]!.record.naturalKey).toEqual([...naturalKey.slice(0, 2), 2])
    expect(paired[0]!.record.raw).toEqual({ response_item: { request, response } })
    expect(results[0]!.record.raw).toEqual({ response })
  })

  test('without a session or a request says nothing of them', () => {
    const { fields, raw } = resultOf({ sessionId: undefined, toolInput: undefined })
    expect(fields.run).toBe('nano-agent-response:abababababababab')
    expect(fields).not.toHaveProperty('sessionId')
    expect(fields).not.toHaveProperty('prompt')
    expect(raw).toEqual({ tool_result: { response } })
  })

  test('has the time that the response tells rather than that of the session', () => {
    const timed = { ...response, metadata: { ...response.metadata, timestamp: '2026-03-01T11:00:00' } }
    const { fields } = resultOf({ toolResponse: timed })
    expect(fields).toMatchObject({
      occurredAt: '2026-03-01T11:00:00Z',
      occurredAtSource: 'event_assumed_utc',
    })
  })

  test('is numbered by its source', () => {
    const asked: string[] = []
    const { naturalKey } = resultOf({ occurrence: (sha256) => asked.push(sha256) + 6 })
    expect(naturalKey).toEqual(['nano-agent', asked[0], 7])
    expect(asked).toHaveLength(1)
  })

  test('keeps figures that contradict each other, and says so', () => {
    const usage = { total_tokens: 10, input_tokens: 4, output_tokens: 5 }
    expect(
      told({ toolResponse: { ...response, metadata: { token_usage: usage, model: 'gpt-5' } } })[1],
    ).toEqual({
      kind: 'warning',
      message: 'total tokens are 10, input and output 9; kept as reported',
    })
  })
})

describe('a call that came back with something else', () => {
  test.each([
    [
      blocks('Done.'),
      'the text cannot be read as JSON: column 1: found "D" where a value was expected',
      'Done.',
    ],
    [blocks('{"ok": 1}'), 'response.success: expected true or false, found nothing', '{"ok": 1}'],
    [blocks('[1]'), 'response: expected an object, found a list', '[1]'],
    [{ ok: 1 }, 'response.success: expected true or false, found nothing', '{"ok":1}'],
    [null, 'no text came back', 'null'],
    [[], 'no text came back', '[]'],
  ])('is refused: %j', (toolResponse, problem, excerpt) => {
    const reason = `no response of nano-agent: ${problem}`
    expect(told({ toolResponse })).toEqual([{ kind: 'reject', reason, excerpt }])
  })

  test('is refused as an error too, if it has no text', () => {
    expect(told({ toolResponse: [], isError: true })).toMatchObject([{ kind: 'reject' }])
  })

  test('is refused when it was asked in another way than nano-agent is', () => {
    expect(told({ toolInput: { agentic_prompt: 5 } })).toMatchObject([
      {
        kind: 'reject',
        reason: expect.stringContaining('request.agentic_prompt: expected text, found 5') as string,
      },
    ])
  })
})

describe('a call that the session says has failed', () => {
  const error = 'MCP error -32001: Request timed out'

  test('is a failed result of the model that was asked', () => {
    expect(told({ toolResponse: blocks(error), isError: true })).toEqual([
      {
        kind: 'evaluation_result',
        record: {
          naturalKey: ['nano-agent', 'mcp_error', expect.stringMatching(/^[0-9a-f]{64}$/), 1],
          fields: {
            occurredAt: '2026-03-01T10:00:00Z',
            occurredAtSource: 'event',
            run: 'nano-agent-session:s-1',
            framework: 'nano-agent',
            provider: 'openai',
            model: 'gpt-5',
            modelAsWritten: 'gpt-5',
            sessionId: 's-1',
            success: false,
            successSource: 'reported',
            errorType: 'McpError',
            errorMessage: error,
            prompt: 'How high is the tide?',
          },
          raw: { tool_result: { request, response: error } },
        },
      },
    ])
  })

  test('is told from the same error of another session or to another request', () => {
    const keyOf = (call: Partial<NanoAgentCall>) =>
      resultOf({ toolResponse: error, isError: true, ...call }).naturalKey[2]
    const keys = [{}, { sessionId: 's-2' }, { toolInput: { ...request, model: 'gpt-5-mini' } }].map(keyOf)
    expect(new Set(keys).size).toBe(3)
    expect(keyOf({ sourceKey: 'cd'.repeat(32), toolResponse: blocks(error) })).toBe(keys[0])
  })

  test('is unknown in its model where nothing says which', () => {
    const { fields } = resultOf({ toolResponse: error, isError: true, toolInput: undefined })
    expect(fields.model).toBe('unknown')
    expect(fields).not.toHaveProperty('modelAsWritten')
  })

  test('is a response all the same when nano-agent answered with one', () => {
    const failed = { success: false, error: 'No such model', metadata: {}, execution_time_seconds: 0.01 }
    expect(resultOf({ toolResponse: blocks(JSON.stringify(failed)), isError: true }).fields).toMatchObject({
      success: false,
      errorType: 'ValidationError',
      model: 'gpt-5',
    })
  })
})
