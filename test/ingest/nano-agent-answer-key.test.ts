import { expect, test } from 'vitest'
import { answerKey } from '../../src/ingest/readers/nano-agent-answer-key.ts'
import { nanoAgentReport } from '../../src/ingest/readers/nano-agent-report.ts'
import { nanoAgentResponse } from '../../src/ingest/readers/nano-agent-response.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const answer = { model: 'm', durationNs: 3_074_999_999n, inputTokens: 602n, outputTokens: 399n }

test('has the time to a hundredth of a second', () => {
  expect(answerKey(answer)).toEqual(['nano-agent', 'm', '307', '1001', '602', '399'])
  expect(answerKey({ ...answer, durationNs: 3_075_000_000n })![2]).toBe('308')
})

test('has the total that is told before the sum', () => {
  expect(answerKey({ ...answer, totalTokens: 1234n })![3]).toBe('1234')
})

test.each(['model', 'durationNs', 'inputTokens', 'outputTokens'] as const)('needs %s', (name) => {
  const { [name]: _, ...rest } = answer
  expect(answerKey(rest)).toBeUndefined()
})

test('a report and a response of the same answer have the same, whatever they call the model', async () => {
  const report = `# Evaluation Results: Problem #4 - Tides

| Model | Execution Time | Total Tokens | Total Cost | Input Tokens | Output Tokens |
| ----- | -------------- | ------------ | ---------- | ------------ | ------------- |
| claude-sonnet-4 | 1m 3.08s | 75,463 | $0.2748 | 71,432 | 4,031 |
| gpt-oss-20b | 3.07s | N/A | N/A | 602 | N/A |
`
  const response = {
    success: true,
    metadata: {
      model: 'claude-sonnet-4-20250514',
      provider: 'anthropic',
      token_usage: { total_tokens: 75463, input_tokens: 71432, output_tokens: 4031 },
    },
    execution_time_seconds: 63.0751,
  }
  const rows = (await readAll(nanoAgentReport, sourceFile(report))).results.map(({ record }) => record)
  const [told] = (await readAll(nanoAgentResponse, sourceFile(JSON.stringify(response)))).results
  expect(rows[0]!.matchKey).toBeDefined()
  expect(rows[0]!.matchKey).toEqual(told!.record.matchKey)
  expect(rows.map(({ isRetelling }) => isRetelling)).toEqual([true, true])
  expect(told!.record).not.toHaveProperty('isRetelling')
  expect(rows[1]).not.toHaveProperty('matchKey')
})
