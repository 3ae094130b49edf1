import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nanoAgentReport } from '../../src/ingest/readers/nano-agent-report.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const dates = 'eval_results_7_date_parsing_test.md'
const refactoring = 'eval_results_8_refactoring_test.md'
const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/nano-agent/${name}`, import.meta.url), 'utf8')
const read = (content: string, path = dates) => readAll(nanoAgentReport, sourceFile(content, path))

describe('a report with short names and plain figures', () => {
  test('gives a record for every model, with what each table says', async () => {
    const { results, rejects, warnings } = await read(fixture(dates), `reports/${dates}`)
    const sha256 = createHash('sha256').update(fixture(dates)).digest('hex')
    expect(rejects).toEqual([])
    expect(warnings).toEqual([])
    expect(results).toHaveLength(4)
    expect(results[0]).toEqual({
      kind: 'evaluation_result',
      position: { line: 10 },
      record: {
        naturalKey: ['nano-agent', sha256, 'lop_eval_7__date_parsing_test', null, 'gpt-5-nano', null, 0],
        matchKey: ['nano-agent', 'gpt-5-nano', '307', '1001', '602', '399'],
        isRetelling: true,
        fields: {
          occurredAt: '2025-08-10T15:31:38Z',
          occurredAtSource: 'file_mtime',
          run: `nano-agent-report:${sha256.slice(0, 16)}`,
          framework: 'nano-agent',
          testId: 'lop_eval_7__date_parsing_test',
          testTitle: 'Date Parsing Test',
          promptOrder: 'LOP',
          provider: 'openai',
          model: 'gpt-5-nano',
          modelAsWritten: 'gpt-5-nano',
          response: '{"weekend": ["2025-08-09"]}',
          success: true,
          successSource: 'inferred',
          gradePerformance: 'B',
          gradeSpeed: 'B',
          gradeCost: 'A',
          gradeOverall: 'A',
          rank: 1,
          durationNs: 3_070_000_000n,
          totalTokens: 1001n,
          costReportedUsd: '0.000190',
          inputTokens: 602n,
          outputTokens: 399n,
        },
        raw: {
          report: {
            responses: { Model: 'gpt-5-nano', Response: '`{"weekend": ["2025-08-09"]}`' },
            grades: {
              Model: 'gpt-5-nano',
              'Performance Grade': 'B',
              'Speed Grade': 'B',
              'Cost Grade': 'A',
              'Overall Grade': 'A',
            },
            metrics: {
              Model: 'gpt-5-nano',
              'Execution Time': '3.07s',
              'Total Tokens': '1001',
              'Total Cost': '$0.000190',
              'Input Tokens': '602',
              'Output Tokens': '399',
            },
            ranking: '1. **1st Place**: gpt-5-nano (Overall Grade: A)',
          },
        },
      },
    })
  })

  test('gives responses their lines and pipes back, and keeps fences', async () => {
    const { records } = await read(fixture(dates))
    expect(records.map(({ response }) => response)).toEqual([
      '{"weekend": ["2025-08-09"]}',
      'The filter is `day == 6 | day == 0`.\n\n```python\n# Weekends\nprint(days | weekend)\nFound: 2025-08-09',
      '```text\n2025-08-09\n2025-08-10\n```',
      '✅ 2025-08-09 and 2025-08-10, «Wochenende» 🎉',
    ])
  })

  test('takes the place, not the number of the list item, as rank', async () => {
    const { records } = await read(fixture(dates))
    expect(records.map(({ rank }) => rank)).toEqual([1, 4, 1, 3])
  })

  test('keeps a cost of zero with all its digits', async () => {
    const { records } = await read(fixture(dates))
    expect(records.at(-1)).toMatchObject({
      model: 'gpt-oss:20b',
      provider: 'ollama',
      costReportedUsd: '0.000000',
    })
  })
})

describe('a report with dated names, ### sections and thousands separators', () => {
  test('is read the same way', async () => {
    const { records, rejects, warnings } = await read(fixture(refactoring), refactoring)
    expect(rejects).toEqual([])
    expect(warnings).toEqual([])
    expect(records.map(({ model, provider }) => [model, provider])).toEqual([
      ['gpt-5', 'openai'],
      ['claude-sonnet-4-20250514', 'anthropic'],
      ['gpt-oss:120b', 'ollama'],
    ])
    expect(records[1]).toMatchObject({
      testId: 'lop_eval_8__refactoring_test',
      gradeSpeed: 'A+',
      rank: 1,
      durationNs: 58_990_000_000n,
      totalTokens: 75_463n,
      inputTokens: 71_432n,
      outputTokens: 4_031n,
      costReportedUsd: '0.2748',
    })
  })

  test('a failed answer has its time, its error and no figures that are not known', async () => {
    const failed = (await read(fixture(refactoring), refactoring)).records[2]!
    expect(failed).toMatchObject({
      success: false,
      successSource: 'inferred',
      errorType: 'MaxTurnsExceeded',
      errorMessage: 'Failed - Max turns (20) exceeded. Task not completed',
      durationNs: 367_350_000_000n,
      gradeCost: 'S',
      rank: 3,
    })
    for (const name of ['totalTokens', 'inputTokens', 'outputTokens', 'costReportedUsd']) {
      expect(failed).not.toHaveProperty(name)
    }
  })

  test('metrics that are not known are a failure even without a cross', async () => {
    const content = fixture(refactoring).replace(
      '❌ Failed - Max turns (20) exceeded. Task not completed',
      'Done',
    )
    const { records } = await read(content, refactoring)
    expect(records[2]).toMatchObject({ success: false, response: 'Done' })
    expect(records[2]).not.toHaveProperty('errorMessage')
  })

  test('a cross is a failure even with metrics, and an unknown text gets no type', async () => {
    const content = fixture(refactoring).replace('✅ All tasks completed', '❌️ Wrote the wrong file')
    const { records } = await read(content, refactoring)
    expect(records[1]).toMatchObject({
      success: false,
      errorMessage: 'Wrote the wrong file',
      totalTokens: 75_463n,
    })
    expect(records[1]).not.toHaveProperty('errorType')
  })
})

test.each([
  ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
  ['a byte-order mark', (text: string) => `\uFEFF${text}`],
  ['no newline at its end', (text: string) => text.trimEnd()],
  ['white space around its lines', (text: string) => text.replaceAll('\n', '  \n  ')],
  [
    'bold models and grades',
    (text: string) =>
      text.replaceAll('| gpt-5-nano |', '| **gpt-5-nano** |').replaceAll('| B |', '| **B** |'),
  ],
])('a report with %s says the same', async (_, change) => {
  const facts = async (content: string) =>
    (await read(content)).records.map((record) => ({ ...record, naturalKey: [], run: '', raw: null }))
  expect(await facts(change(fixture(dates)))).toEqual(await facts(fixture(dates)))
})

describe('the test', () => {
  const idOf = async (title: string, path: string) => {
    const { records, warnings } = await read(fixture(dates).replace(/^# .*$/m, title), path)
    return {
      testId: records[0]!.testId,
      testTitle: records[0]!.testTitle,
      warnings: warnings.map(({ message }) => message),
    }
  }
  test.each([
    [
      '# Evaluation Results: Problem #1 - The Dummy Test',
      'a/eval_results_1_dummy_test.md',
      'lop_eval_1__dummy_test',
      'The Dummy Test',
    ],
    [
      '# Evaluation Results: Problem #1 - The Dummy Test',
      'upload.md',
      'lop_eval_1__the_dummy_test',
      'The Dummy Test',
    ],
    ['## Evaluation Results: Problem 12 – Größe & Café', '', 'lop_eval_12__große_cafe', 'Größe & Café'],
    [
      '# Evaluation Results: Fibonacci Benchmark',
      'eval_results_fibonacci_benchmark.md',
      'lop_eval_fibonacci_benchmark',
      'Fibonacci Benchmark',
    ],
    ['# Evaluation Results: Fibonacci', 'eval_results_4_fibonacci.md', 'lop_eval_4__fibonacci', 'Fibonacci'],
  ])('of %s in %s is %s', async (title, path, testId, testTitle) => {
    expect(await idOf(title, path)).toEqual({ testId, testTitle, warnings: [] })
  })

  test('is that of the heading when the file name says another', async () => {
    expect(await idOf('# Evaluation Results: Problem #2 - Reading', 'eval_results_1_dummy_test.md')).toEqual({
      testId: 'lop_eval_2__reading',
      testTitle: 'Reading',
      warnings: ['the name of the file says problem 1, the heading problem 2; the heading is believed'],
    })
  })

  test('is that of the file name when there is no heading, and none when there is neither', async () => {
    expect(await idOf('', 'eval_results_1_dummy_test.md')).toMatchObject({ testId: 'lop_eval_1__dummy_test' })
    expect(await idOf('', 'upload.md')).toEqual({
      testId: undefined,
      testTitle: undefined,
      warnings: [
        'the report has no heading "Evaluation Results"',
        'the report says nowhere which test it is about',
      ],
    })
  })
})
