import { describe, expect, it } from 'vitest'
import { Scans } from '../../../src/privacy/redaction/scans.ts'
import { createRedactor, stepsAllowed } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { scanCell } from '../../../src/privacy/redaction/scan-json.ts'
import { scanText } from '../../../src/privacy/redaction/scan-text.ts'

const scans = new Scans(builtInRules.compiled(), true, scanText)

/** How many steps looking at the text takes. */
function stepsOf(text: string): number {
  const scan = scans.at(0, false)
  scans.allowance.left = Number.MAX_SAFE_INTEGER
  scan.begin(text)
  scanCell(scan, scans)
  return Number.MAX_SAFE_INTEGER - scans.allowance.left
}

const mebibyte = 1 << 20
/** What a short cell may take; a long one is stopped sooner. */
const linear = (length: number) => 20_000 + 128 * length
const filled = (piece: string, length = mebibyte) =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length)

const keywords = [...new Set(builtInRules.rules.flatMap((rule) => rule.keywords))]

describe('takes steps in proportion to the length', () => {
  it.each(keywords)('of a flood of %s', (keyword) => {
    for (const piece of [
      keyword,
      `${keyword} `,
      `${keyword}a`,
      `${keyword}=`,
      `${keyword}: "`,
      `${keyword}9a`,
      keyword.toUpperCase(),
    ])
      expect(stepsOf(filled(piece, 20_000)), piece).toBeLessThan(stepsAllowed(20_000))
  })

  it.each([
    'okta',
    'eyJ',
    'eyJa.',
    '-----BEGIN',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN PRIVATE KEY-----\n',
    '@',
    'a@',
    '@a.',
    'a@b.',
    '1',
    '4',
    '1 ',
    '1-',
    '1.',
    '1.1.1.1 ',
    '+1',
    '(2',
    '0 1',
    ':',
    '::',
    'a:',
    '2001:',
    'ab:cd',
    '://',
    'a://b:',
    'a://:@',
    'password=',
    'password="',
    'password=\\"',
    '"',
    '\\"',
    '\\\\"',
    'a',
    'A7',
    '%41',
    '%',
    'c2st',
    'aGVs',
    '=',
    '.',
    'M',
    'M.aaaaaa.',
    '-',
    '_',
    ' ',
    '\n',
    'sk-',
    'sk-a',
    'sk-ant-',
    'Bearer ',
    'Basic a',
    'Cookie: a=',
    'authorization: ',
    '[REDACTED:',
    '[REDACTED:jwt:abcd]',
    '{',
    '[',
    '{"a":',
    '["',
    '[1,',
    '{"password":[',
    'AKIA',
    'AKIAABCDEFGH2345IJKL ',
    'GB29',
    'GB29 ',
    '4111 ',
    '€',
    '🔑',
    '\u0000',
    'ä@',
    'T3BlbkFJ',
    'token token=',
    '<token>',
    '--token ',
    'sig=',
  ])('of a mebibyte of %j', (piece) => {
    expect(stepsOf(filled(piece))).toBeLessThan(linear(mebibyte))
  })

  it('also where base64 holds base64, and JSON holds JSON', () => {
    let text = filled('sk-a ', 100_000)
    for (let depth = 0; depth < 3; depth++) text = Buffer.from(text).toString('base64')
    expect(stepsOf(text)).toBeLessThan(linear(text.length))
    let json = JSON.stringify(filled('token=', 100_000))
    for (let depth = 0; depth < 6; depth++) json = JSON.stringify([json])
    expect(stepsOf(json)).toBeLessThan(linear(json.length))
  })
})

it.each(['sk-', 'pwd:', 'AKIAABCDEFGH2345IJKL ', 'a@b.co ', 'AKIAIOSFODNN7EXAMPL2 '])(
  'replaces a long cell of nothing but %j as a whole, since it would hold everything up',
  (piece) => {
    const rules: string[] = []
    const redactor = createRedactor(builtInRules, { mark: () => '0000', personalData: true })
    const cell = filled(piece, 4 * mebibyte)
    expect(stepsOf(cell)).toBeGreaterThan(stepsAllowed(cell.length))
    expect(redactor.text(cell, (rule) => rules.push(rule))).toBe('[REDACTED:budget:0000]')
    expect(rules).toEqual(['budget'])
  },
)

it('has steps enough for any long cell that somebody would have', () => {
  const line =
    'At 10:15 the tool returned {"path": "/srv/app/src/index.ts", "token_count": 4096, "ok": true} to agent 7.\n'
  const cell = filled(line, 4 * mebibyte)
  expect(stepsOf(cell) * 2).toBeLessThan(stepsAllowed(cell.length))
})

it('redacts a list of some thousand addresses one by one', () => {
  const list = Array.from({ length: 6000 }, (_, at) => `Name ${at} <some.name${at}@example-${at}.org>`).join(
    ', ',
  )
  let count = 0
  const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
  expect(redactor.text(list, () => void count++)).not.toContain('@')
  expect(count).toBe(6000)
})

it('asks for the mark of a secret once in a cell', () => {
  let asked = 0
  const redactor = createRedactor(builtInRules, { mark: () => String(1000 + asked++), personalData: true })
  expect(redactor.text('a@b.co c@d.co a@b.co', () => {})).toBe(
    '[REDACTED:mail-address:1000] [REDACTED:mail-address:1001] [REDACTED:mail-address:1000]',
  )
})

it('takes twice the steps for twice the text', () => {
  const piece = 'password="a@b.co" sk-ant-x eyJa.b 4111 1111 10.0.0.1 (a://b:c@d) '
  const once = stepsOf(filled(piece, 200_000))
  expect(stepsOf(filled(piece, 400_000)) / once).toBeLessThan(2.1)
})

it('replaces the whole cell when the steps run out, and counts it', () => {
  const redactor = createRedactor(
    { ...builtInRules, compiled: () => compiledWithGreed },
    { mark: () => '0a1b', personalData: false },
  )
  const rules: string[] = []
  const greedy = filled('password ', 5000)
  expect(redactor.text(greedy, (rule) => rules.push(rule))).toBe('[REDACTED:budget:0a1b]')
  expect(redactor.json(JSON.stringify([greedy]), (rule) => rules.push(rule))).toBe('"[REDACTED:budget:0a1b]"')
  expect(rules).toEqual(['budget', 'budget'])
  expect(redactor.text('password ', (rule) => rules.push(rule))).toBe('password ')
})

/** The built-in rules, the one of assignments of which costs as much as a mistake in it might. */
const compiledWithGreed = (() => {
  const compiled = builtInRules.compiled()
  return {
    ...compiled,
    hits: compiled.hits.map((hits) =>
      hits.map((hit) =>
        hit.rule.id === 'assigned-secret'
          ? {
              ...hit,
              rule: {
                ...hit.rule,
                find: (scan: { allowance: { left: number } }) => void (scan.allowance.left -= 2000),
              },
            }
          : hit,
      ),
    ),
  }
})()

it('finds what stands at the end of a text of twenty million characters', () => {
  const text = `${filled('All work and no play makes Jack a dull boy. ', 20_000_000)} password=hunter22`
  const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
  expect(redactor.text(text, () => {}).slice(-40)).toMatch(/^password=\[REDACTED:assigned-secret:0a1b\]$/)
})
