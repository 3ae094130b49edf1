import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createRedactor, type Redactor } from '../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../src/privacy/redaction/rule-set.ts'

const { values: options } = parseArgs({ options: { out: { type: 'string' } } })

/** What models and tools write: prose, code, paths, ids, numbers; nothing secret. */
const words =
  `the model answered after reading src/exports/run.ts and it changed 12 lines, then ran "npm test" again: all 241 tests
passed in 3.52 s. const next = await queue.claim({ limit: 25 }) if (next === undefined) return; The tokens of a session are
counted by provider (input 15234, output 882); see https://example.com/docs/guide#limits or msg_01 in commit
9fceb02d0ae598e95dc970b74767f19372d61af8 at 2026-11-25T09:11:02.123456Z. Please pass the path, not the author, and ask
whether /usr/lib/node_modules/evalport/dist/index.js exists. Error: ENOENT: no such file or directory, open 'a.json' `
    .split('\n')
    .join(' ')

/** So many characters of it, each time from another place, as one flat string. */
function text(length: number, from: number): string {
  const start = (from * 37) % words.length
  const whole = words.slice(start) + words.repeat(Math.ceil(length / words.length) + 1)
  return Buffer.from(whole.slice(0, length)).toString('latin1')
}

const cells = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index))
const message = (index: number) =>
  JSON.stringify({
    role: 'assistant',
    content: [{ text: `${text(300, index)}\n\n${text(400, index + 1)}`, type: 'text' }],
    model: 'm-1',
    usage: { input_tokens: index, output_tokens: 3 },
  })
const secret = (index: number) => `sk-${'ant'}-api03-${text(20, index).replace(/\W/g, 'x')}${index}A7`

const loads: readonly (readonly [name: string, how: 'text' | 'json', cells: readonly string[]])[] = [
  ['clean, 20 characters', 'text', cells(5000, (index) => text(20, index))],
  ['clean, 2 KB', 'text', cells(500, (index) => text(2000, index))],
  ['clean, 100 KB', 'text', cells(10, (index) => text(100_000, index))],
  ['clean, 20 MB', 'text', cells(1, (index) => text(20_000_000, index))],
  ['clean JSON, messages of 0.8 KB', 'json', cells(1000, message)],
  [
    'clean JSON, arguments of 0.1 KB',
    'json',
    cells(5000, (index) => JSON.stringify({ path: text(60, index), limit: index, old: 'x' })),
  ],
  [
    'a secret every 100 characters, 2 KB',
    'text',
    cells(500, (index) => cells(20, (at) => `${text(60, at)} ${secret(index + at)}`).join(' ')),
  ],
  ['hostile: sk- over and over, 1 MB', 'text', ['sk-'.repeat(333_333)]],
  ['hostile: password=" over and over, 1 MB', 'text', ['password="'.repeat(100_000)]],
  ['hostile: 1 over and over, 1 MB', 'text', ['1 '.repeat(500_000)]],
  ['hostile: base64 of hostile text, 1 MB', 'text', [Buffer.from('sk-'.repeat(250_000)).toString('base64')]],
]

/** Seconds of this process' own work, so that neighbours on the machine count less. */
function seconds(work: () => void): number {
  const before = process.cpuUsage()
  work()
  return process.cpuUsage(before).user / 1_000_000
}

function measure(
  redactor: Redactor,
  how: 'text' | 'json',
  load: readonly string[],
): { rate: number; each: number } {
  const size = load.reduce((sum, cell) => sum + cell.length, 0)
  const times = Math.max(1, Math.round(40_000_000 / size))
  const found = () => {}
  const once = () => load.forEach((cell) => redactor[how](cell, found))
  once()
  once()
  const best = Math.min(...[1, 2, 3].map(() => seconds(() => cells(times, String).forEach(once))))
  return { rate: (size * times) / 1_000_000 / best, each: (best * 1e9) / (times * load.length) }
}

const time = (nanoseconds: number) =>
  nanoseconds < 10_000
    ? `${nanoseconds.toFixed(0)} ns`
    : nanoseconds < 1e7
      ? `${(nanoseconds / 1000).toFixed(0)} µs`
      : `${(nanoseconds / 1e6).toFixed(0)} ms`

const lines = [
  '# Speed of redaction',
  '',
  'Made by `npm run bench:redaction -- --out bench/redaction-results.md`.',
  '',
  `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, one core of a shared machine; ${builtInRules.rules.length} rules, version ${builtInRules.version}. MB are millions of characters.`,
  '',
  '| cells | secrets: MB/s | a cell | and personal data: MB/s | a cell |',
  '| --- | ---: | ---: | ---: | ---: |',
]
for (const [name, how, load] of loads) {
  const [secrets, all] = [false, true].map((personalData) =>
    measure(createRedactor(builtInRules, { mark: () => '0a1b', personalData }), how, load),
  )
  lines.push(
    `| ${name} | ${secrets!.rate.toFixed(0)} | ${time(secrets!.each)} | ${all!.rate.toFixed(0)} | ${time(all!.each)} |`,
  )
  console.log(lines.at(-1))
}
if (options.out !== undefined) writeFileSync(options.out, `${lines.join('\n')}\n`)
