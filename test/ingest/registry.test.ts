import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { detectReader, readers } from '../../src/ingest/readers/registry.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/nano-agent/${name}`, import.meta.url), 'utf8')
const detected = (head: string) => detectReader(head)?.id

test.each([
  ['eval_results_7_date_parsing_test.md', 'nano-agent-report'],
  ['eval_results_8_refactoring_test.md', 'nano-agent-report'],
  ['responses.json', 'nano-agent-response'],
  ['responses.jsonl', 'nano-agent-response'],
])('%s is %s', (name, id) => expect(detected(fixture(name))).toBe(id))

test.each([
  ['a report with a byte-order mark', '\uFEFF# Evaluation Results: Problem #1 - Test', 'nano-agent-report'],
  ['a report with CRLF', '# Evaluation Results: Problem #1 - Test\r\n\r\nText', 'nano-agent-report'],
  ['a report without its title', '|Model|Total Tokens|\n|-|-|\n|m|1|', 'nano-agent-report'],
  [
    'a response whose answer fills the head',
    `{"success": true, "result": "${'\\"x'.repeat(30_000)}`,
    'nano-agent-response',
  ],
  [
    'a pair',
    '{"request": {"agentic_prompt": "…"}, "response": {"success": false, "metadata": {}}}',
    'nano-agent-response',
  ],
  ['an array with a byte-order mark', '\uFEFF[\n{"metadata": {}, "success": true', 'nano-agent-response'],
  [
    'a hook log',
    '[{"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "Bash", "tool_input": {"success": true, "metadata": {}}}]',
    'hook-log',
  ],
  [
    'another hook log',
    '[{"tool_name": "Bash", "success": true, "execution_time": 1, "result": "…", "input_data": {}}]',
    'hook-log',
  ],
  [
    'other results',
    '{"evalId": "e", "results": {"results": [{"success": true, "metadata": {}}]}}',
    undefined,
  ],
  ['success deep inside', '{"a": {"b": {"success": true, "metadata": {}}}}', undefined],
  ['other Markdown', '# Read me\n\n| Model | Price |\n| - | - |\n| m | 1 |', undefined],
  ['a table of responses only', '| Model | Response |\n| - | - |\n| m | a |', undefined],
  ['nothing', '', undefined],
  ['an empty array', '[]', undefined],
  ['another text', 'success,metadata\ntrue,{}', undefined],
])('detectReader knows %s', (_, head, id) => expect(detected(head)).toBe(id))

test('detectReader takes a time that grows with the head only', () => {
  const heads = [
    '{"' + '\\"'.repeat(32_000),
    '{' + '"a" '.repeat(16_000),
    '['.repeat(65_536),
    '|'.repeat(65_536),
    '# '.repeat(32_000),
    '|Model|Total Tokens|\n' + '||\n'.repeat(20_000),
    `# Evaluation Results${' '.repeat(65_000)}x`,
    `|Model|${'` '.repeat(32_000)}`,
  ]
  // Quadratic work on heads of this size would run into the test's time limit.
  expect(heads.map(detectReader)).toHaveLength(heads.length)
})

test('every reader has its own id', () => {
  expect(new Set(readers.map(({ id }) => id)).size).toBe(readers.length)
})
