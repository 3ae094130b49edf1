/** What a session of Claude Code leaves behind, made up: the same for the same number. */

const words = 'the agent reads a file, runs the tests, mends what failed and says what it did; '

/** A text of so many characters that differs by number and is as plain as most are. */
function prose(seed: number, length: number): string {
  const start = (seed * 31) % words.length
  return (words.slice(start) + words.repeat(Math.ceil(length / words.length) + 1)).slice(0, length)
}

const id = (prefix: string, number: number) => `${prefix}${String(number).padStart(24, '0')}`
const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

/**
 * The lines of one turn: an answer in two lines (a text, a call of a tool) and the call's result. About 5 kB, every
 * fiftieth 60 kB more.
 */
export function turn(number: number): readonly object[] {
  const at = (offset: number) => new Date(Date.UTC(2026, 0, 1) + number * 2000 + offset).toISOString()
  const common = {
    isSidechain: false,
    userType: 'external',
    cwd: '/home/someone/project',
    sessionId: uuid(Math.floor(number / 1000)),
    version: '1.0.70',
    gitBranch: 'main',
  }
  const usage = {
    input_tokens: number % 50,
    cache_creation_input_tokens: number % 7000,
    cache_read_input_tokens: number % 90_000,
    output_tokens: 1 + (number % 900),
    service_tier: 'standard',
  }
  const answer = (line: number, content: object) => ({
    ...common,
    parentUuid: uuid(number * 3),
    type: 'assistant',
    timestamp: at(line * 100),
    uuid: uuid(number * 3 + line),
    requestId: id('req_', number),
    message: {
      id: id('msg_', number),
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-20250514',
      content: [content],
      stop_reason: null,
      usage,
    },
  })
  const output = prose(number, number % 50 === 0 ? 60_000 : 2500)
  return [
    answer(1, { type: 'text', text: prose(number, 600) }),
    answer(2, {
      type: 'tool_use',
      id: id('toolu_', number),
      name: 'Bash',
      input: { command: `npm test -- ${number}`, description: prose(number, 80) },
    }),
    {
      ...common,
      parentUuid: uuid(number * 3 + 2),
      type: 'user',
      timestamp: at(1500),
      uuid: uuid(number * 3 + 3),
      message: {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: id('toolu_', number), content: output, is_error: false },
        ],
      },
      toolUseResult: { stdout: output, stderr: '', interrupted: false, isImage: false },
    },
  ]
}

/** A transcript of about so many bytes: as JSON lines, or as the one array of a `chat.json`. */
export function* transcript(bytes: number, form: 'lines' | 'array'): Generator<string> {
  let written = 0
  let separator = form === 'array' ? '[\n' : ''
  for (let number = 0; written < bytes; number++) {
    for (const line of turn(number)) {
      const text = separator + JSON.stringify(line)
      separator = form === 'array' ? ',\n' : '\n'
      written += text.length
      yield text
    }
  }
  yield form === 'array' ? '\n]\n' : '\n'
}
