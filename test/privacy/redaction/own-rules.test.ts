import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules, ruleSetVersion, ruleSetWith } from '../../../src/privacy/redaction/rule-set.ts'

const ticket = {
  id: 'acme-ticket',
  description: 'Tickets of Acme',
  keywords: ['ACME-'],
  pattern: '\\bACME-[0-9]{6}\\b',
  tests: { found: ['see ACME-123456.'], clean: ['ACME-12', 'ACME-1234567'] },
}
const badge = {
  id: 'acme-badge',
  description: 'Numbers of badges',
  keywords: ['badge'],
  pattern: '(?i)badge(?: no\\.?)?[:= ]+([A-Z]{2}[0-9]{4,})',
  tests: { found: ['Badge no. AB1234'], clean: ['badge of honour'] },
}

function redacted(rules: unknown, text: string) {
  const found: string[] = []
  const redactor = createRedactor(ruleSetWith({ rules }), { mark: () => '0a1b', personalData: false })
  return { result: redactor.text(text, (rule) => found.push(rule)), found }
}

it('finds what own rules tell, beside what the built-in ones find', () => {
  expect(redacted([ticket, badge], 'ACME-000001, acme-000002: badge: ZZ98765; password=hunter22')).toEqual({
    result:
      '[REDACTED:acme-ticket:0a1b], acme-000002: badge: [REDACTED:acme-badge:0a1b]; password=[REDACTED:assigned-secret:0a1b]',
    found: ['acme-ticket', 'acme-badge', 'assigned-secret'],
  })
})

it('changes nothing the second time', () => {
  const { result } = redacted([ticket, badge], 'badge: ZZ98765 ACME-000001')
  expect(redacted([ticket, badge], result)).toEqual({ result, found: [] })
})

it('finds each of many, and one that begins before its keyword', () => {
  const flood = Array.from({ length: 500 }, (_, at) => `ACME-${String(at).padStart(6, '0')}`)
  expect(redacted([ticket], flood.join(' ')).found.length).toBe(500)
  expect(redacted([ticket], flood.join(` ${'x'.repeat(700)} `)).found.length).toBe(500)
  const before = {
    ...ticket,
    pattern: '[a-z]{3}-ACME-[0-9]{6}',
    tests: { found: ['abc-ACME-123456'], clean: ['ACME-1'] },
  }
  expect(redacted([before], 'an abc-ACME-123456 here').result).toBe('an [REDACTED:acme-ticket:0a1b] here')
})

it('leaves no tail of a match that is longer than the window', () => {
  const long = { ...ticket, pattern: 'ACME-[0-9]+', tests: { found: ['ACME-1'], clean: ['ACME-x'] } }
  expect(redacted([long], `ACME-${'1234567890'.repeat(200)} end`).result).toBe(
    '[REDACTED:acme-ticket:0a1b] end',
  )
})

it('has another version for other rules, and the same for the same', () => {
  const one = ruleSetWith({ rules: [ticket] }).version
  expect(one).toMatch(new RegExp(`^${ruleSetVersion}\\+[0-9a-f]{8}$`))
  expect(ruleSetWith({ rules: [ticket] }).version).toBe(one)
  expect(ruleSetWith({ rules: [badge] }).version).not.toBe(one)
  expect(builtInRules.version).toBe(ruleSetVersion)
})

/** The lines of what is said of a file. */
function problemsOf(file: unknown): readonly string[] {
  try {
    ruleSetWith(file)
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

it('names every problem of a file at once, with its rule and what to do', () => {
  const problems = problemsOf({
    rules: [
      { ...ticket, id: 'Acme' },
      { ...ticket, id: 'jwt' },
      { ...ticket, id: 'twice' },
      { ...badge, id: 'twice' },
      { ...ticket, id: 'no-keyword', keywords: [] },
      { ...ticket, id: 'short-keyword', keywords: ['a"'] },
      { ...ticket, id: 'backwards', pattern: '(?<=x)ACME-[0-9]{6}' },
      { ...ticket, id: 'again', pattern: '(ACME)-\\1' },
      { ...ticket, id: 'anchored', pattern: '^ACME-[0-9]{6}' },
      { ...ticket, id: 'all', pattern: '.*' },
      { ...ticket, id: 'untested', tests: { found: [], clean: [] } },
      { ...ticket, id: 'extra', flags: 'i' },
      { ...ticket, id: 'blind', tests: { found: ['nothing'], clean: ['x'] } },
      { ...ticket, id: 'eager', tests: { found: ['ACME-123456'], clean: ['ACME-654321'] } },
      'text',
    ],
  })
  expect(problems[0]).toBe('The redaction rules cannot be used:')
  for (const said of [
    'rules[0] (Acme): id must be',
    'rules[1] (jwt): this id is taken',
    'rules[3] (twice): this id is taken',
    'rules[4] (no-keyword): keywords must be',
    'rules[5] (short-keyword): the keyword "a\\"" must be 3 to 40',
    'rules[6] (backwards): pattern is not one of RE2',
    'rules[7] (again): pattern is not one of RE2',
    'rules[8] (anchored): pattern must not use ^',
    'rules[9] (all): pattern must not match the empty text',
    'rules[10] (untested): tests.found must be',
    'rules[10] (untested): tests.clean must be',
    'rules[11] (extra): flags is no property',
    'blind: finds nothing in "nothing"',
    'eager: finds something in "ACME-654321"',
    'rules[14]: must be an object',
  ])
    expect(
      problems.filter((problem) => problem.startsWith(`- ${said}`)),
      said,
    ).toHaveLength(1)
  expect(problems).toHaveLength(16)
})

it.each([undefined, null, [], {}, { rules: {} }])('refuses %j', (file) => {
  expect(problemsOf(file)[1]).toContain('The file must be {"rules": [...]}')
})

it('stays in the steps of a cell on hostile text', () => {
  const greedy = {
    ...ticket,
    pattern: '(?:[A-Z-]+)*ACME-[0-9]{6}',
    tests: { found: ['ACME-123456'], clean: ['ACME-1'] },
  }
  const { found } = redacted([greedy], 'ACME-'.repeat(20_000))
  expect(found.filter((rule) => rule !== 'budget')).toEqual([])
})

it('keeps the id of markers for itself, and refuses what it does not know beside the rules', () => {
  expect(() => ruleSetWith({ rules: [{ ...badge, id: 'marker' }] })).toThrow('this id is taken')
  expect(() => ruleSetWith({ rules: [badge], rule: [ticket] })).toThrow('rule is no member of the file')
})

it('has steps enough for ordinary text where many rules share a keyword', () => {
  const rules = Array.from({ length: 40 }, (_, at) => ({
    ...badge,
    id: `acme-badge-${at}`,
    pattern: `zz${at}badge ([0-9]{4})`,
    tests: { found: [`zz${at}badge 1234`], clean: ['badge of'] },
  }))
  const text = 'badge of honour, zz7badge 1234. '.repeat(30)
  expect(new Set(redacted(rules, text).found)).toEqual(new Set(['acme-badge-7']))
})
