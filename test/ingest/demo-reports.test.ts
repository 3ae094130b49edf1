import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { scaled } from '../../src/ingest/normalise/decimal.ts'
import { nanoAgentReport } from '../../src/ingest/readers/nano-agent-report.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const folder = new URL('../../demo/reports/', import.meta.url)
/** US dollars for a million tokens, input and output. */
const prices: Readonly<Record<string, readonly [bigint, bigint]>> = {
  'claude-opus-4-1-20250805': [15n, 75n],
  'claude-opus-4-20250514': [15n, 75n],
  'claude-sonnet-4-20250514': [3n, 15n],
}
const picodollars = 10n ** 12n

const read = (name: string) => readAll(nanoAgentReport, sourceFile(readFileSync(new URL(name, folder)), name))

test.each([
  ['eval_results_1_unit_conversion_test.md', 9, 'lop_eval_1__unit_conversion_test'],
  ['eval_results_2_changelog_summary_test.md', 9, 'lop_eval_2__changelog_summary_test'],
  ['eval_results_3_log_triage_test.md', 8, 'lop_eval_3__log_triage_test'],
])('%s is read without a complaint', async (name, count, testId) => {
  const { records, rejects, warnings } = await read(name)
  expect(rejects).toEqual([])
  expect(warnings).toEqual([])
  expect(records).toHaveLength(count)
  expect(new Set(records.map((record) => record.testId))).toEqual(new Set([testId]))
})

test('costs of Claude models are tokens times price, to the printed digit', async () => {
  let compared = 0
  for (const name of readdirSync(folder)) {
    for (const { model, inputTokens, outputTokens, costReportedUsd } of (await read(name)).records) {
      const price = prices[model!]
      if (!price) continue
      const cost = (inputTokens! * price[0] + outputTokens! * price[1]) * 1_000_000n
      const step = picodollars / 10n ** BigInt(costReportedUsd!.split('.')[1]!.length)
      expect(scaled(costReportedUsd!, picodollars) / step).toBe((cost + step / 2n) / step)
      compared++
    }
  }
  expect(compared).toBe(8)
})

test('the demo shows a failure, ties and both spellings of a model', async () => {
  const records = (await Promise.all(readdirSync(folder).map(read))).flatMap((report) => report.records)
  expect(records.filter((record) => record.success === false)).toHaveLength(1)
  expect(records.filter((record) => record.rank === 1).length).toBeGreaterThan(3)
  const spellings = records
    .filter((record) => record.model === 'gpt-oss:20b')
    .map((record) => record.modelAsWritten)
  expect(spellings.sort()).toEqual(['gpt-oss-20b', 'gpt-oss-20b', 'gpt-oss:20b'])
})
