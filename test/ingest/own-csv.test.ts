import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UnreadableFile, type ReaderOutput } from '../../src/ingest/reader.ts'
import { ownCsv } from '../../src/ingest/readers/own-csv.ts'
import { detectReader } from '../../src/ingest/readers/registry.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/own-records/${name}`, import.meta.url), 'utf8')
const read = (content: string | Uint8Array) => readAll(ownCsv, sourceFile(content))

/** What a file told before it could not be read on, and why. */
async function until(content: string) {
  const outputs: ReaderOutput[] = []
  try {
    for await (const output of ownCsv.read(sourceFile(content))) outputs.push(output)
  } catch (error) {
    expect(error).toBeInstanceOf(UnreadableFile)
    const { message, position } = error as UnreadableFile
    return { outputs, message, position }
  }
  throw new Error('the file was read to its end')
}

test('cells are read by their columns: bare and quoted, guarded, empty, wrong', async () => {
  const { outputs } = await read(fixture('metrics.csv'))
  expect(outputs).toMatchObject([
    {
      kind: 'performance_metric',
      record: {
        fields: {
          metric: 'latency',
          value: 0.25,
          unit: 's',
          occurredAt: '2026-03-01T10:00:00Z',
          attributes: { host: 'a' },
        },
      },
      position: { line: 2, item: 1 },
    },
    {
      kind: 'reject',
      reason: 'value: expected a number, found "0,25"',
      position: { line: 3, item: 2 },
      excerpt: '{"metric":"latency","value":"0,25","unit":"s","occurred_at":"2026-03-01T10:00:01Z"}',
    },
    {
      kind: 'reject',
      reason:
        'attributes: cannot be read as JSON: column 3: the text ends where "," or "]" was expected; ' +
        'occurred_at: expected an ISO 8601 time, found "yesterday"',
      position: { line: 4, item: 3 },
    },
    {
      kind: 'performance_metric',
      record: { fields: { metric: '=total', value: 1000, occurredAtSource: 'file_mtime' } },
      position: { line: 5, item: 4 },
    },
  ])
  expect(outputs[3]).not.toHaveProperty('record.fields.unit')
})

test('null is an empty cell without quotes, the empty text one with them', async () => {
  const { outputs } = await read('tool_name,call_id,error_message,agent_id\nls,,"",\n')
  expect(outputs).toMatchObject([{ record: { fields: { toolName: 'ls', errorMessage: '' } } }])
  expect(outputs[0]).not.toHaveProperty('record.fields.callId')
  expect(outputs[0]).not.toHaveProperty('record.fields.agentId')
})

test.each([
  ['a byte-order mark', '\ufeff"metric","value"\r\n"x",2\r\n'],
  ['semicolons', 'metric;value\nx;2'],
  ['tabs', 'metric\tvalue\nx\t2\n'],
  ['line ends of both kinds', 'metric,value\r\nx,2\n'],
  ['blank lines', 'metric,value\n\r\n\nx,2\n\n'],
  ['spaces around its names', ' metric , value \nx,2\n'],
])('a file with %s is found and read', async (_, content) => {
  expect(detectReader(content)?.id).toBe('own-csv')
  const { outputs } = await read(content)
  expect(outputs).toMatchObject([
    { kind: 'performance_metric', record: { fields: { metric: 'x', value: 2 } } },
  ])
  expect(outputs).toHaveLength(1)
})

test('a record stands at the line at which it begins, whatever was in the cells before', async () => {
  const { outputs } = await read('tool_name,error_message\na,"1\r\n2\n3"\n\nb,"4\n5"\nc,6\n')
  expect(outputs.map(({ position }) => position)).toEqual([
    { line: 2, item: 1 },
    { line: 6, item: 2 },
    { line: 8, item: 3 },
  ])
})

test('bytes that are not UTF-8 spoil their record alone', async () => {
  const { outputs } = await read(
    Buffer.from('tool_name,call_id\nj\xe4h,1\nj\xc3\xa4h,2\n"\xf0\x9f\x98\x80",3\n', 'latin1'),
  )
  expect(outputs).toMatchObject([
    { kind: 'reject', reason: 'cell 1 is not UTF-8', position: { line: 2, item: 1 } },
    { kind: 'tool_call', record: { fields: { toolName: 'jäh', callId: '2' } } },
    { kind: 'tool_call', record: { fields: { toolName: '😀', callId: '3' } } },
  ])
})

test('rows of another width, and quotes in a bare cell, spoil their record alone', async () => {
  const { outputs } = await read('metric,value,unit\nx,1\ny,2,a"b"\nz,3,s,4\nw,5,s\nv,6')
  const byLine = outputs.toSorted((one, other) => one.position.line! - other.position.line!)
  expect(byLine).toMatchObject([
    { reason: 'has 2 cells where the header has 3', position: { line: 2, item: 1 }, excerpt: 'x,1' },
    { reason: 'cell 3 has a quote and does not begin with one', position: { line: 3, item: 2 } },
    { reason: 'has 4 cells where the header has 3', position: { line: 4, item: 3 } },
    { kind: 'performance_metric', position: { line: 5, item: 4 } },
    { reason: 'has 2 cells where the header has 3', position: { line: 6, item: 5 } },
  ])
})

describe('what cannot be read on ends the file, and what stood before goes in', () => {
  const good = 'metric,value\nx,1\n'
  test.each([
    [
      `${good}"y"z,2\nw,3\n`,
      'cell 1 has a quote that is neither doubled nor its last character',
      { line: 3, item: 2 },
    ],
    [
      `${good}y,"2\nw,3\n`,
      'cell 2 begins with a quote that is not closed before the file ends',
      { line: 3, item: 2 },
    ],
    [`${good}<<<<<<< HEAD\ny,2\n`, 'holds a merge-conflict marker', { line: 3, item: 2 }],
    [`${good}${','.repeat(2000)}\n`, 'has more than 1000 cells', { line: 3, item: 2 }],
    [`${good}y,${'9'.repeat(17 * 2 ** 20)}\n`, 'has more than 16 MiB', { line: 3, item: 2 }],
  ])('%.30j…', async (content, message, position) => {
    const found = await until(content)
    expect(found).toMatchObject({ message, position, outputs: [{ record: { fields: { metric: 'x' } } }] })
    expect(found.outputs).toHaveLength(1)
  })
})

describe('a file is refused for its first line', () => {
  test.each([
    ['', 'is empty', {}],
    ['\n\n', 'has no header', { line: 1 }],
    ['a,b\n1,2\n', 'its first line names no field of any dataset', { line: 1 }],
    ['metric,value,modle,value,x"\n', 'cell 5 has a quote and does not begin with one', { line: 1 }],
    [
      'metric,valeu,unit,unit\n',
      'Unknown field "valeu". Did you mean value? The field "unit" stands there twice. it has no value',
      { line: 1 },
    ],
    [`metric,value${' '.repeat(70_000)}`, 'its first line is longer than 64 KiB', { line: 1 }],
  ])('%.30j', async (content, message, position) => {
    expect(await until(content)).toEqual({ outputs: [], message, position })
  })

  test('UTF-16', async () => {
    await expect(read(Buffer.from('\ufeffmetric,value\nx,1\n', 'utf16le'))).rejects.toThrow(
      'is UTF-16; it must be UTF-8',
    )
  })
})

test('a usage payload is a column of JSON', async () => {
  const { outputs } = await read('kind,usage\nassistant_message,"{""input_tokens"":3,""output_tokens"":4}"\n')
  expect(outputs).toMatchObject([{ record: { fields: { inputTokens: 3n, outputTokens: 4n } } }])
})

test('a first line of other names is not ours', () => {
  for (const head of ['metric,value,other\n', 'model\n', 'tool_name tool\n', '# metric,value\n', '']) {
    expect([head, detectReader(head)?.id]).toEqual([head, undefined])
  }
})
