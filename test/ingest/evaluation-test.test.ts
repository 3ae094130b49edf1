import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { UnreadableFile } from '../../src/ingest/reader.ts'
import { evaluationTest } from '../../src/ingest/readers/evaluation-test.ts'
import { reportTest } from '../../src/ingest/readers/nano-agent-report-title.ts'
import { detectReader } from '../../src/ingest/readers/registry.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const folder = new URL('../fixtures/evaluation-tests/', import.meta.url)
const fixture = (name: string) => readFileSync(new URL(name, folder), 'utf8')
const lop = fixture('lop_eval_11__tide_table_test.md')
const hop = fixture('hop_compare_nano_agents.md')
const read = (content: string, path?: string) => readAll(evaluationTest, sourceFile(content, path))

async function failure(content: string, path?: string): Promise<UnreadableFile> {
  const error: unknown = await read(content, path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(UnreadableFile)
  return error as UnreadableFile
}

describe('a LOP', () => {
  test('is read whole: prompt with quotes and headings in it, expected output, rubric with its subsections', async () => {
    const { tests, warnings } = await read(lop, '.claude/commands/perf/lop_eval_11__tide_table_test.md')
    expect(warnings).toEqual([])
    expect(tests).toEqual([
      {
        kind: 'evaluation_test',
        position: { line: 1 },
        test: {
          testId: 'lop_eval_11__tide_table_test',
          testVersion: sourceFile(lop).sha256.slice(0, 16),
          promptOrder: 'LOP',
          testTitle: 'Tide Table Test',
          prompt:
            'Read tides.txt and answer:\n1. When is the highest tide?\n' +
            '2. Write \'tides_MODEL_NAME.json\' with the content\n   { "port": "<name>", "status": "done" }\n\n' +
            '## Format\nAnswer with "high: HH:MM"\n\nRespond with your entire JSON response structure as is.',
          expected:
            'The highest tide is at 14:05.\n\n```json\n{\n    "success": true,\n' +
            '    "result": "## Grading rubric is not here"\n}\n```',
          rubric: '- Is the time right?\n\n### Speed\n\n- Fastest is S.',
          since: '2025-08-10T15:31:38Z',
        },
      },
    ])
  })

  test('is the same with CRLF, but another version', async () => {
    const unix = (await read(lop)).tests[0]!.test
    const windows = (await read(lop.replaceAll('\n', '\r\n'))).tests[0]!.test
    expect(windows).toEqual({ ...unix, testVersion: windows.testVersion })
    expect(windows.testVersion).not.toBe(unix.testVersion)
  })

  test('has under another name the id that a report of it makes from its title', async () => {
    const { tests } = await read(lop, 'tides.md')
    expect(tests[0]!.test.testId).toBe('lop_eval_11__tide_table_test')
    const report = ['# Evaluation Results: Problem #11 - Tide Table Test']
    expect(reportTest(report, 'report.md').testId).toBe(tests[0]!.test.testId)
    const unnumbered = lop.replace('Problem #11: Tide Table Test', 'Tides – a comparison')
    expect((await read(unnumbered, 'x.md')).tests[0]!.test).toMatchObject({
      testId: 'lop_eval_tides_a_comparison',
      testTitle: 'Tides – a comparison',
    })
  })

  test('believes the name of its file, and says where the heading differs', async () => {
    const { tests, warnings } = await read(lop, 'lop_eval_12__tide_table_test.md')
    expect(tests[0]!.test.testId).toBe('lop_eval_12__tide_table_test')
    expect(warnings.map(({ message }) => message)).toEqual([
      'the name of the file says problem 12, the heading problem 11; the name is believed',
    ])
  })

  const small = (variables: string, rest = '## Expected Output\n\nyes\n') =>
    `# Problem #3: Small\n\n## Variables\n\n${variables}\n\n${rest}`

  test.each([
    ['one line', 'PROMPT: "Say yes."', 'Say yes.'],
    ['no quotes', 'PROMPT: Say yes.\nThen stop.', 'Say yes.\nThen stop.'],
    ['escaped quotes', 'PROMPT: "Say \\"yes\\"\n\\"now\\""', 'Say "yes"\n"now"'],
    ['another variable after it', 'PROMPT: "Say yes."\nMODE: "fast"', 'Say yes.'],
    ['another variable before it', 'MODE: "fast"\nPROMPT: "Say yes."', 'Say yes.'],
    ['no quotes and another variable', 'PROMPT: Say yes.\nMODE: fast', 'Say yes.'],
  ])('has a prompt with %s', async (_, variables, prompt) => {
    const { tests, warnings } = await read(small(variables))
    expect(tests[0]!.test).toMatchObject({ prompt, expected: 'yes' })
    expect(warnings.map(({ message }) => message)).toEqual(['has no section "Grading rubric"'])
  })

  test.each([
    [small('MODE: "fast"'), 'its Variables name no PROMPT', { line: 3 }],
    [small('PROMPT: ""'), 'its PROMPT is empty', { line: 5 }],
    [small('PROMPT:', '## Grading rubric\n\n- yes'), 'its PROMPT is empty', { line: 5 }],
    [small('PROMPT: "Say yes.'), 'its PROMPT has no closing quote', { line: 5 }],
    [lop.replace('## Agents', '<<<<<<< HEAD\n## Agents'), 'holds a merge-conflict marker', { line: 19 }],
    [lop.replace('# Problem #11: Tide Table Test', ''), 'says nowhere which test it is', { line: 1 }],
    ['# A page\n\nof prose', expect.stringMatching(/^is neither a LOP .* nor a HOP/), { line: 1 }],
    ['', 'is empty', {}],
  ])('is refused for a reason: %#', async (content, message, position) => {
    expect(await failure(content)).toMatchObject({ message, position })
  })
})

test('a HOP is its own test: the command is the prompt, its criteria are the rubric', async () => {
  const { tests, warnings } = await read(hop, 'hop_compare_nano_agents.md')
  expect(warnings).toEqual([])
  expect(tests[0]!.test).toEqual({
    testId: 'hop_compare_nano_agents',
    testVersion: sourceFile(hop).sha256.slice(0, 16),
    promptOrder: 'HOP',
    testTitle: 'HOP Compare Nano Agents',
    prompt: hop.slice(hop.indexOf('# HOP')).trim(),
    rubric: '- **Performance**: whether the answer is right and short\n- **Overall**: all of it together',
    since: '2025-08-10T15:31:38Z',
  })
  expect((await read(hop, 'command.md')).tests[0]!.test.testId).toBe('hop_compare_nano_agents')
})

test('tests and reports are told apart by their content', () => {
  expect(detectReader(lop)?.id).toBe('evaluation-test')
  expect(detectReader(hop)?.id).toBe('evaluation-test')
  const reports = new URL('../fixtures/nano-agent/', import.meta.url)
  for (const name of readdirSync(reports).filter((each) => each.endsWith('.md'))) {
    const report = readFileSync(new URL(name, reports), 'utf8')
    expect([name, detectReader(report)?.id]).toEqual([name, 'nano-agent-report'])
    expect(
      detectReader(`${report}\n## Variables\n\nPROMPT: "x"\n\n## Expected Output\n\n$ARGUMENTS\n`)?.id,
    ).toBe('nano-agent-report')
  }
  expect(detectReader('# Notes\n\n## Variables\n\nPATH: x\n\n## Expected Output\n')).toBeUndefined()
})
