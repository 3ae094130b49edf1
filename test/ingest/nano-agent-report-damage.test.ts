import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UnreadableFile } from '../../src/ingest/reader.ts'
import { nanoAgentReport } from '../../src/ingest/readers/nano-agent-report.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const name = 'eval_results_7_date_parsing_test.md'
const whole = readFileSync(new URL(`../fixtures/nano-agent/${name}`, import.meta.url), 'utf8')
const read = (content: string | Uint8Array) => readAll(nanoAgentReport, sourceFile(content, name))

/** The report with one text replaced, which must be there. */
function changed(from: string, to: string): string {
  expect(whole).toContain(from)
  return whole.replace(from, to)
}

async function failure(content: string | Uint8Array): Promise<UnreadableFile> {
  const error: unknown = await read(content).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableFile)
  return error as UnreadableFile
}

describe('what cannot be read is rejected with its line, and the rest goes in', () => {
  test.each([
    ['| 3.07s |', '| 3.07 |', 'column "execution time": expected a time such as 3.03s, found "3.07"'],
    ['| 1001 |', '| 1,00 |', 'column "total tokens": expected a number of tokens, found "1,00"'],
    [
      '| $0.000190 |',
      '| €0.000190 |',
      'column "total cost": expected US dollars such as $0.000343, found "€0.000190"',
    ],
    [
      '| 602 | 399 |',
      '| -602 | 399.5 |',
      'column "input tokens": expected a number of tokens, found "-602"; line 28: column "output tokens": expected a number of tokens, found "399.5"',
    ],
  ])('%s as %s', async (from, to, problem) => {
    const { records, rejects } = await read(changed(from, to))
    expect(records.map(({ model }) => model)).toEqual([
      'claude-opus-4-1-20250805',
      'claude-3-haiku-20240307',
      'gpt-oss:20b',
    ])
    expect(rejects).toEqual([
      {
        kind: 'reject',
        reason: `gpt-5-nano: line 28: ${problem}`,
        position: { line: 28 },
        excerpt: expect.stringContaining('| gpt-5-nano |'),
      },
    ])
  })

  test.each([
    [
      '| gpt-5-nano | B | B | A | A |',
      '| gpt-5-nano | B | B | A |',
      'the row has 4 cells where the header has 5',
    ],
    [
      '| gpt-5-nano | B | B | A | A |',
      '| gpt-5-nano | B | B | A | A | A |',
      'the row has 6 cells where the header has 5',
    ],
    [
      '| gpt-5-nano | B | B | A | A |',
      '| gpt-5-nano | B | B | A | A',
      'the row does not begin and end with |: it is cut off or broken in two',
    ],
  ])('the row %s as %s', async (from, to, problem) => {
    const { records, rejects } = await read(changed(from, to))
    expect(records).toHaveLength(3)
    expect(rejects).toMatchObject([{ reason: `gpt-5-nano: line 19: ${problem}`, position: { line: 19 } }])
  })

  test('a response broken in two is not kept by its first half', async () => {
    const { records, rejects } = await read(changed('✅ 2025-08-09 and', '✅ 2025-08-09\nand'))
    expect(records).toHaveLength(3)
    expect(rejects).toMatchObject([
      {
        reason: expect.stringContaining('cut off or broken in two'),
        position: { line: 14 },
        excerpt: 'and 2025-08-10, «Wochenende» 🎉 |',
      },
      { reason: expect.stringContaining('gpt-oss-20b: line 13'), position: { line: 13 } },
    ])
  })

  test('the second row of a model, also under its other name', async () => {
    const { records, rejects } = await read(
      changed(
        '| gpt-oss-20b | S | E | S | B |\n',
        '| gpt-oss-20b | S | E | S | B |\n| gpt-oss:20b | F | F | F | F |\n',
      ),
    )
    expect(records).toHaveLength(4)
    expect(records[3]).toMatchObject({ gradeOverall: 'B' })
    expect(rejects).toEqual([
      {
        kind: 'reject',
        reason: 'the table names gpt-oss:20b a second time, after line 22',
        position: { line: 23 },
        excerpt: '| gpt-oss:20b | F | F | F | F |',
      },
    ])
  })

  test('a row without a model and a ranking of a model that is nowhere else', async () => {
    const { records, rejects } = await read(
      changed('| gpt-5-nano | 3.07s', '|  | 3.07s').replace(
        '1. **1st Place**: gpt-5-nano',
        '1. **1st Place**: gpt-6',
      ),
    )
    expect(records).toHaveLength(4)
    expect(rejects).toMatchObject([
      { reason: 'the row names no model', position: { line: 28 } },
      { reason: 'ranks a model that no table names', position: { line: 39 } },
    ])
  })

  test('a second place of a model', async () => {
    const { records, rejects } = await read(changed('3rd Place**: gpt-oss-20b', '3rd Place**: gpt-5-nano'))
    expect(records[0]).toMatchObject({ rank: 1 })
    expect(rejects).toMatchObject([
      { reason: 'ranks gpt-5-nano a second time, after line 39', position: { line: 41 } },
    ])
  })

  test('a file cut in the middle of a row', async () => {
    const { records, rejects, warnings } = await read(whole.slice(0, whole.indexOf('5.90s |') + 9))
    expect(records.map(({ model }) => model)).toEqual([
      'gpt-5-nano',
      'claude-3-haiku-20240307',
      'gpt-oss:20b',
    ])
    expect(rejects).toMatchObject([
      { reason: expect.stringContaining('line 29: the row does not begin and end with |') },
    ])
    expect(warnings.map(({ message }) => message)).toEqual([
      'the report has no Final Ranking',
      'claude-3-haiku: has no row in the table Performance Metrics',
      'gpt-oss-20b: has no row in the table Performance Metrics',
    ])
  })
})

describe('a file that is not what it seems is refused whole', () => {
  test('invalid UTF-8', async () => {
    const bytes = Buffer.from(whole)
    bytes[bytes.indexOf('✅')] = 0xff
    expect(await failure(bytes)).toMatchObject({ message: 'is not UTF-8', position: { line: 13 } })
  })

  test('UTF-16', async () => {
    expect((await failure(Buffer.from(`\uFEFF${whole}`, 'utf16le'))).message).toBe(
      'is UTF-16; it must be UTF-8',
    )
  })

  test('U+0000', async () => {
    expect(await failure(changed('1298', '12\u000098'))).toMatchObject({
      message: 'holds the character U+0000',
      position: { line: 29 },
      excerpt: expect.stringContaining('12\uFFFD98'),
    })
  })

  test('both sides of a merge', async () => {
    const content = changed('| gpt-5-nano | B |', '<<<<<<< HEAD\n| gpt-5-nano | B |')
    expect(await failure(content)).toMatchObject({
      message: 'holds a merge-conflict marker',
      position: { line: 19 },
      excerpt: '<<<<<<< HEAD',
    })
  })

  test.each([
    ['', 'is empty'],
    ['\uFEFF \n\n', 'holds only white space'],
    ['# Evaluation Results: Problem #1 - Nothing', 'holds no table of results with a row in it'],
    ['| Model | Response |\n| ----- | -------- |\n', 'holds no table of results with a row in it'],
  ])('%j', async (content, message) => expect((await failure(content)).message).toBe(message))

  test('more rows than a report can have', async () => {
    const content = whole.replace(
      '| gpt-5-nano | B |',
      '| x | A | A | A | A |\n'.repeat(10_000) + '| gpt-5-nano | B |',
    )
    expect((await failure(content)).message).toBe('has more than 10000 rows in its tables')
  })

  test('more than 16 MiB, told by the size or by the stream', async () => {
    const message = 'is larger than 16 MiB, the most that a report may have'
    const file = sourceFile(whole, name)
    await expect(readAll(nanoAgentReport, { ...file, bytes: 16 * 2 ** 20 + 1 })).rejects.toThrow(message)
    expect((await failure(whole + ' '.repeat(16 * 2 ** 20))).message).toBe(message)
    await expect(
      readAll(nanoAgentReport, { ...sourceFile(Buffer.alloc(17 * 2 ** 20, 32)), bytes: 5 }),
    ).rejects.toThrow(message)
  })
})

test('a hostile report takes a time that grows with its length only', async () => {
  const long = 200_000
  const lines = [
    `# Evaluation Results${' '.repeat(long)}x`,
    `# Evaluation Results: Problem #1 ${'- '.repeat(long)}`,
    '| Model | Response |',
    `| m | ${'<br '.repeat(long)} |`,
    `| n | ${'`'.repeat(long)} |`,
    `| o | ❌${' '.repeat(long)}\u0085 Max turns (${'1'.repeat(long)} |`,
    `|${'*'.repeat(long)} | x |`,
    '| Model | Execution Time | Total Cost |'.replace(/^/, '\n'),
    `| m | ${'1,'.repeat(long)} | $${'0'.repeat(long)} |`,
    `| n | ${'1m '.repeat(long)} | ${' '.repeat(long)}x |`,
    '\n## Final Ranking',
    `1. ${'*'.repeat(long)}1st Place${'x'.repeat(long)}`,
    `1. **1st Place**: m (${'(overall grade:'.repeat(long)}`,
  ]
  await read(lines.join('\n'))
})
