import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nanoAgentReport } from '../../src/ingest/readers/nano-agent-report.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const name = 'eval_results_7_date_parsing_test.md'
const whole = readFileSync(new URL(`../fixtures/nano-agent/${name}`, import.meta.url), 'utf8')
const read = (content: string) => readAll(nanoAgentReport, sourceFile(content, name))

/** The report with one text replaced, which must be there. */
function changed(from: string, to: string): string {
  expect(whole).toContain(from)
  return whole.replace(from, to)
}
const without = (heading: string) => whole.replace(new RegExp(`## ${heading}\n[^#]*`), '')

describe('what is missing gives records with less and a warning', () => {
  test.each([
    ['Performance Metrics', 'the report has no table Performance Metrics', 'durationNs'],
    ['Results Summary', 'the report has no table Results Summary', 'gradeSpeed'],
    ['Agent Responses', 'the report has no table Agent Responses', 'response'],
    ['Final Ranking', 'the report has no Final Ranking', 'rank'],
  ])('without %s', async (heading, message, field) => {
    const { records, rejects, warnings } = await read(without(heading))
    expect(records).toHaveLength(4)
    expect(rejects).toEqual([])
    expect(warnings).toEqual([{ kind: 'warning', message, position: { line: 1 } }])
    for (const record of records) expect(record).not.toHaveProperty(field)
  })

  test('without the metrics an answer still counts as given, without both nothing is known', async () => {
    expect((await read(without('Performance Metrics'))).records[0]).toMatchObject({ success: true })
    const onlyGrades = without('Performance Metrics')
      .replace(/## Agent Responses\n[^#]*/, '')
      .replace(/\| `\{.*/, '')
    const { records } = await read(onlyGrades.slice(onlyGrades.indexOf('## Results Summary')))
    expect(records[0]).not.toHaveProperty('success')
    expect(records[0]).toMatchObject({ gradeOverall: 'A' })
  })

  test('the overall grade comes from the ranking when the table has none', async () => {
    expect((await read(without('Results Summary'))).records[1]).toMatchObject({ gradeOverall: 'D', rank: 4 })
  })

  test('a model that one table lacks', async () => {
    const { records, rejects, warnings } = await read(
      changed('| gpt-oss-20b | 12.85s | 1108 | $0.000000 | 651 | 457 |\n', ''),
    )
    expect(rejects).toEqual([])
    expect(records).toHaveLength(4)
    expect(records[3]).not.toHaveProperty('durationNs')
    expect(warnings).toEqual([
      {
        kind: 'warning',
        message: 'gpt-oss-20b: has no row in the table Performance Metrics',
        position: { line: 13 },
      },
    ])
  })

  test('a model that the ranking lacks, and a line that names no place', async () => {
    const { records, warnings } = await read(
      changed('3. **3rd Place**: gpt-oss-20b (Overall Grade: B)\n', '').replace(
        '**1st Place**: gpt-5-nano',
        'gpt-5-nano',
      ),
    )
    expect(records[0]).not.toHaveProperty('rank')
    expect(warnings.map(({ message }) => message)).toEqual([
      'gpt-5-nano: its line 39 in the Final Ranking names no place',
      'gpt-oss-20b: is not in the Final Ranking',
    ])
  })

  test('a column that is missing and one that is not known', async () => {
    const { records, warnings } = await read(changed('| Total Cost | Input', '| Energy | Input'))
    expect(records[0]).not.toHaveProperty('costReportedUsd')
    expect(records[0]!.raw).toMatchObject({ report: { metrics: { Energy: '$0.000190' } } })
    expect(warnings.map(({ message }) => message)).toEqual([
      'the table Performance Metrics has no column "total cost"',
      'the table Performance Metrics has a column "energy" that is not known or not the first; it is kept in raw only',
    ])
  })
})

describe('doubts are told and the record kept', () => {
  test('a grade that is none is left out', async () => {
    const { records, warnings } = await read(
      changed('| gpt-5-nano | B | B |', '| gpt-5-nano | Excellent | N/A |'),
    )
    expect(records[0]).not.toHaveProperty('gradePerformance')
    expect(records[0]).not.toHaveProperty('gradeSpeed')
    expect(warnings.map(({ message }) => message)).toEqual([
      'gpt-5-nano: performance grade: "EXCELLENT" is no grade from S, A to F; it is kept in raw only',
    ])
  })

  test('a total that is not the sum stays as reported', async () => {
    const { records, warnings } = await read(changed('| 1001 |', '| 1002 |'))
    expect(records[0]!.totalTokens).toBe(1002n)
    expect(warnings[0]!.message).toBe(
      'gpt-5-nano: total tokens are 1002, input and output 1001; kept as reported',
    )
  })

  test('the table is believed before the ranking', async () => {
    const { records, warnings } = await read(
      changed('gpt-5-nano (Overall Grade: A)', 'gpt-5-nano (Overall Grade: S)'),
    )
    expect(records[0]!.gradeOverall).toBe('A')
    expect(warnings[0]!.message).toContain('the overall grade is A in the table and S in the ranking')
  })
})
