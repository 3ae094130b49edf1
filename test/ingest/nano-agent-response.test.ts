import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UnreadableFile } from '../../src/ingest/reader.ts'
import { nanoAgentResponse } from '../../src/ingest/readers/nano-agent-response.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/nano-agent/${name}`, import.meta.url), 'utf8')
const read = (content: string) => readAll(nanoAgentResponse, sourceFile(content))

async function failure(content: string): Promise<UnreadableFile> {
  const error: unknown = await read(content).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableFile)
  return error as UnreadableFile
}

describe('the five shapes of metadata', () => {
  test('an MCP call that went well', async () => {
    const { results, rejects } = await read(fixture('responses.json'))
    expect(rejects).toEqual([])
    const { naturalKey, matchKey, fields, raw } = results[0]!.record
    const { run, ...record } = fields
    expect(results[0]!.position).toEqual({ line: 2, item: 1 })
    expect(record).toEqual({
      occurredAt: '2025-08-10T15:31:38Z',
      occurredAtSource: 'file_mtime',
      framework: 'nano-agent',
      provider: 'openai',
      model: 'gpt-5',
      modelAsWritten: 'gpt-5',
      success: true,
      successSource: 'reported',
      durationNs: 9_812_345_679n,
      inputTokens: 602n,
      outputTokens: 533n,
      totalTokens: 1135n,
      cacheReadTokens: 512n,
      costReportedUsd: '0.0112025',
      response: '{"weekend": ["2025-08-09"]}',
    })
    expect(matchKey).toEqual(['nano-agent', 'gpt-5', '981', '1135', '602', '533'])
    expect(naturalKey).toEqual(['nano-agent', expect.stringMatching(/^[0-9a-f]{64}$/), 1])
    expect(run).toMatch(/^nano-agent-response:[0-9a-f]{16}$/)
    expect(JSON.parse(JSON.stringify(raw))).toEqual({
      response: JSON.parse(fixture('responses.json'))[0] as unknown,
    })
  })

  test('a call from the command line has its own time, in a zone that is assumed', async () => {
    const { records } = await read(fixture('responses.json'))
    expect(records[1]).toMatchObject({
      occurredAt: '2025-08-10T15:31:39.120000Z',
      occurredAtSource: 'event_assumed_utc',
      model: 'claude-3-haiku-20240307',
      cacheReadTokens: 0n,
      costReportedUsd: '0.0003',
      durationNs: 500_000_000n,
    })
    expect(records[1]).not.toHaveProperty('turnCount')
  })

  test('a request that was refused', async () => {
    const { records, warnings } = await read(fixture('responses.json'))
    expect(records[2]).toMatchObject({
      success: false,
      model: 'unknown',
      errorType: 'ValidationError',
      errorMessage: 'Unknown model: gpt-9',
      durationNs: 21_458n,
    })
    expect(records[2]).not.toHaveProperty('response')
    expect(records[2]).not.toHaveProperty('modelAsWritten')
    expect(warnings).toContainEqual({
      kind: 'warning',
      message: 'names no model; it is recorded as "unknown"',
      position: { line: 37, item: 3 },
    })
  })

  test('an error of the agent', async () => {
    const { records } = await read(fixture('responses.json'))
    expect(records[3]).toMatchObject({
      success: false,
      provider: 'ollama',
      model: 'gpt-oss:120b',
      errorType: 'MaxTurnsExceeded',
      errorMessage: 'Agent SDK execution failed: Max turns (20) exceeded',
      durationNs: 367_350_000_000n,
    })
    expect(records[3]).not.toHaveProperty('totalTokens')
  })

  test('an error around the agent', async () => {
    const { records } = await read(fixture('responses.json'))
    expect(records[4]).toMatchObject({ success: false, model: 'unknown', errorType: 'AttributeError' })
    expect(records[4]).not.toHaveProperty('durationNs')
  })
})

describe('the layout of the file', () => {
  test('one object', async () => {
    const { results } = await read('{\n  "success": true,\n  "metadata": {"model": "gpt-5"}\n}\n')
    expect(results).toMatchObject([
      { position: { line: 1, item: 1 }, record: { fields: { model: 'gpt-5', provider: 'openai' } } },
    ])
  })

  test('JSON lines, with pairs, blank lines and figures as texts', async () => {
    const { results, records, rejects, warnings } = await read(fixture('responses.jsonl'))
    expect(rejects).toEqual([])
    expect(warnings).toEqual([])
    expect(results.map(({ position }) => position)).toEqual([
      { line: 1, item: 1 },
      { line: 2, item: 2 },
      { line: 4, item: 3 },
    ])
    expect(records).toMatchObject([
      { model: 'gpt-oss:20b', costReportedUsd: '0.0' },
      {
        model: 'gpt-9',
        provider: 'openai',
        prompt: 'How many kilometres are 26.2 miles?',
        success: false,
        errorType: 'ValidationError',
      },
      { totalTokens: 1001n, inputTokens: 602n, outputTokens: 399n, costReportedUsd: '0.0002' },
    ])
  })

  test('a line that is not JSON, and a last line that is cut, are rejected; the others go in', async () => {
    const lines = fixture('responses.jsonl').trimEnd().split('\n')
    const content = [lines[0], '{"success": tru}', lines[1], lines[3]!.slice(0, 60)].join('\r\n')
    const { records, rejects } = await read(content)
    expect(records).toHaveLength(2)
    expect(rejects).toEqual([
      {
        kind: 'reject',
        reason: 'cannot be read as JSON: column 13: found "t" where a value was expected',
        position: { line: 2, item: 2 },
        excerpt: '{"success": tru}',
      },
      {
        kind: 'reject',
        reason: 'the file ends in the middle of this item: it was cut short, or was being written',
        position: { line: 4, item: 4 },
        excerpt: lines[3]!.slice(0, 60),
      },
    ])
  })

  test.each([
    [
      '{\n  "success": true,\n  "metadata": {',
      { line: 3 },
      'cannot be read as JSON: line 3, column 16: the text ends where the name of a member in double quotes was expected',
    ],
    [
      '[\n{"success": true, "metadata": {}},\n{"success": true, "metadata": {}}\n',
      { line: 4 },
      'cannot be read as JSON: line 4, column 1: the text ends where "," or "]" was expected',
    ],
    [
      '[{"success": true}] x',
      { line: 1 },
      'cannot be read as JSON: line 1, column 21: found "x" where the end was expected',
    ],
    [
      'success: true',
      { line: 1 },
      'cannot be read as JSON: line 1, column 1: found "s" where a value was expected',
    ],
    ['[{"success": true},\n<<<<<<< HEAD\n{"success": true}]', { line: 2 }, 'holds a merge-conflict marker'],
    ['{"success": true}\n>>>>>>> main\n{"success": true}', { line: 2 }, 'holds a merge-conflict marker'],
    [
      `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      { line: 1 },
      'cannot be read as JSON: line 1, column 106: more than 100 levels of nesting',
    ],
    ['', {}, 'is empty'],
  ])('%.30j… is refused whole', async (content, position, message) => {
    expect(await failure(content)).toMatchObject({ message, position })
  })

  test('an item of more than 16 MiB is refused, and the others go in', async () => {
    const large = JSON.stringify({ success: true, result: 'x'.repeat(16 * 2 ** 20), metadata: {} })
    const small = '{"success": true, "metadata": {"model": "gpt-5"}}'
    for (const content of [`[${small},${large},${small}]`, `${small}\n${large}\n${small}\n`]) {
      const { records, rejects } = await read(content)
      expect(records).toHaveLength(2)
      expect(rejects).toMatchObject([
        { reason: 'is larger than 16 MiB, the most that one item may have', position: { item: 2 } },
      ])
    }
  })
})
