import { jsonTemplates, templates, textCell, Template } from './cells.ts'

/** A test of the kind that nano-agent's evaluations have. */
export interface SeedTest {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly suite: string
  readonly prompt: Template
  readonly expected: string
  readonly rubric: string
}

const subjects = ['dummy', 'basic_read', 'file_operations', 'code_analysis', 'complex_engineering', 'date_parsing', 'refactoring', 'documentation_quality'] // prettier-ignore
const suites = ['basics', 'files', 'code', 'engineering', 'writing']
const tasks = [
  'Answer question # in one word, and give back your whole JSON response structure as it is.',
  'Read README.md and tell its first # lines, then its last ones, each under a heading of its own.',
  'List the files of this folder, make a file named summary-#.md that names each with its size, and read it back.',
  'Find the # longest functions in src/ and say what each of them is for, with its file and its line.',
  'Build a small command-line tool that counts words.\nIt takes a file name, ignores case, and prints the # most frequent ones; write tests for it, run them, and mend what fails.',
]

/** Forty: eight subjects in five suites. */
export const tests: readonly SeedTest[] = Array.from({ length: 40 }, (_, number) => {
  const subject = subjects[number % subjects.length]!
  const place = Math.floor(number / subjects.length)
  return {
    id: `lop_eval_${number + 1}__${subject}_test`,
    title: `Problem #${number + 1}: ${subject.replace('_', ' ')} in ${suites[place]!}`,
    version: ((number + 1) * 2_654_435_761).toString(16).padStart(16, '0'),
    suite: suites[place]!,
    prompt: new Template(tasks[place]!),
    expected: `The answer to problem ${number + 1} names every part, in order, and nothing else.`,
    rubric: textCell(
      '- S: all of it, at once\n- A: all of it\n- B: most of it\n- C: half of it\n- F: nothing',
    ),
  }
})

export const prompts = templates([
  'please fix the failing test in test/part-#.test.ts',
  'why does the build take # seconds now? it was faster before',
  'Write a function that parses a date such as 2025-08-10T15:31:38Z, and # examples of what it refuses.',
  'commit this as "step #" and go on with the next one',
  'Look at src/module-#.ts: can it be made simpler?\n\n- keep the tests as they are\n- no new dependency',
  'go on (#)',
])

export const answers = templates([
  '{"result": "Washington, D.C.", "confidence": 0.#}',
  'The first lines are:\n\n**Nano Agent #**\nAn MCP server for small engineering agents.',
  'Done: I made the file with # entries and read it back.\n\n| file | bytes |\n|---|---|\n| README.md | 5120 |\n| pyproject.toml | 1406 |',
  'There were # failing tests. The cause was a comparison of two dates as text; they are compared as instants now, and all tests pass.',
  'I looked through the code and found # functions longer than fifty lines. The longest one reads a report, splits it into tables and checks every cell; I would cut it into three parts: finding the tables, reading a row, and judging a cell. The others are long lists of cases, which are easy to read as they are, so I would leave them alone.',
  'I could not finish within # turns. What is done: the parser and its tests. What is left: the command line.',
])

export const thoughts = templates([
  'The user wants # things; the second one depends on the first.',
  'Let me read the file before I change it. Line # looks wrong.',
])

/** Failures, as `type: message`, and how often each is met. */
export const failures = [
  { type: 'MaxTurnsExceeded', message: new Template('Agent SDK execution failed: Max turns (#) exceeded') },
  { type: 'MaxTurnsExceeded', message: new Template('Max turns (#) exceeded. Task not completed') },
  { type: 'APITimeoutError', message: new Template('Request timed out after # s.') },
  { type: 'RateLimitError', message: new Template("Error code: 429 - {'type': 'rate_limit_error', 'retry_after': #}") },
  { type: 'BadRequestError', message: new Template("Error code: 400 - the prompt is # tokens too long") },
] // prettier-ignore

/** A tool, and how calls of it look in hook logs. */
export interface SeedTool {
  readonly name: string
  readonly type: 'function' | 'extension'
  readonly server?: string
  readonly arguments: readonly Template[]
  readonly results: readonly Template[]
  /** Milliseconds, of most calls. */
  readonly median: number
}

const tool = (
  name: string,
  median: number,
  args: readonly unknown[],
  results: readonly unknown[],
  server?: string,
): SeedTool => ({
  name,
  type: server === undefined ? 'function' : 'extension',
  ...(server !== undefined && { server }),
  arguments: jsonTemplates(args),
  results: jsonTemplates(results),
  median,
})

const bash = tool(
  'Bash',
  900,
  [
    { command: 'npx tsc --noEmit 2>&1 | head -#', description: 'Check for type errors' },
    { command: "git log --oneline -# && grep -rn 'draft' src/ || true" },
    { command: 'uv run pytest tests/test_part_#.py -x -q', timeout: 120_000 },
  ],
  [
    { stdout: '', stderr: '', interrupted: false, isImage: false, returnCodeInterpretation: 'code #' },
    { stdout: '....F...\n# passed, 1 failed in 2.31s\n', stderr: '', interrupted: false, isImage: false },
  ],
)
const read = tool(
  'Read',
  12,
  [{ file_path: '/home/dev/src/nano-agent/src/part_#.py' }, { file_path: 'docs/README-#.md', offset: 1, limit: 50 }],
  [{ type: 'text', file: { filePath: 'src/part_#.py', content: 'import json\n\n\ndef main():\n\tpass\n', numLines: 5, startLine: 1, totalLines: 5 } }],
) // prettier-ignore
const edit = tool(
  'Edit',
  25,
  [{ file_path: 'src/part_#.py', old_string: 'return None', new_string: 'return "unknown"', replace_all: false }],
  [{ filePath: 'src/part_#.py', oldString: 'return None', newString: 'return "unknown"', structuredPatch: [{ oldStart: 12, oldLines: 3, newStart: 12, newLines: 3, lines: [' def f():', '-    return None', '+    return "unknown"'] }], userModified: false, replaceAll: false }],
) // prettier-ignore
const grep = tool(
  'Grep',
  60,
  [{ pattern: 'def part_#\\b', path: 'src', output_mode: 'files_with_matches' }],
  [{ mode: 'files_with_matches', numFiles: 2, filenames: ['src/part_#.py', 'src/main.py'] }],
)
const write = tool(
  'Write',
  20,
  [{ file_path: 'notes/step-#.md', content: '# Step\n\n1. read\n2. write\n' }],
  ['File created successfully at: notes/step-#.md'],
)
const todo = tool(
  'TodoWrite',
  5,
  [{ todos: [{ id: '#', content: 'Run the tests', status: 'in_progress', priority: 'high' }] }],
  [{ oldTodos: [], newTodos: [{ id: '#', content: 'Run the tests', status: 'in_progress' }] }],
)
const task = tool(
  'Task',
  60_000,
  [{ description: 'Look for part #', prompt: 'Find where the part is made.', subagent_type: 'general-purpose' }],
  [{ content: [{ type: 'text', text: 'It is made in src/part_#.py.' }], totalDurationMs: 61_250, totalTokens: 12_254, totalToolUseCount: 9 }],
) // prettier-ignore
const fetchPage = tool(
  'WebFetch',
  1500,
  [{ url: 'https://docs.example.com/guide/#?lang=en', prompt: 'What does it say about limits?' }],
  [
    {
      bytes: 18_220,
      code: 200,
      codeText: 'OK',
      result: 'The limit is # requests a minute.',
      durationMs: 1432,
    },
  ],
)
const nanoAgent = tool(
  'mcp__nano-agent__prompt_nano_agent',
  15_000,
  [{ agentic_prompt: 'Read README.md and tell its first # lines.', model: 'gpt-5-mini', provider: 'openai' }],
  [[{ type: 'text', text: '{\n  "success": true,\n  "result": "The first # lines …",\n  "error": null,\n  "metadata": {"model": "gpt-5-mini", "provider": "openai", "turns": 0},\n  "execution_time_seconds": 9.81\n}' }]],
  'nano-agent',
) // prettier-ignore

/** As often as in real logs, roughly: a shell and an editor are most of it. */
export const tools: readonly SeedTool[] = [bash, bash, bash, bash, bash, read, read, read, read, edit, edit, edit, grep, grep, write, todo, todo, task, fetchPage, nanoAgent] // prettier-ignore
