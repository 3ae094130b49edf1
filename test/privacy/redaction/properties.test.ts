import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { randomNumbers, render, shapes } from './generated-secrets.ts'
import { leftovers, markerWords } from './surroundings.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })

/** Texts out of the pieces that rules look for, and anything. */
const pieces = fc.oneof(
  fc.constantFrom(...builtInRules.rules.flatMap((rule) => rule.keywords)),
  fc.constantFrom(
    '=',
    ': ',
    '"',
    "'",
    '\\"',
    '\\n',
    '\n',
    ' ',
    '@',
    '.',
    '%20',
    '[REDACTED:jwt:0a1b]',
    '4111',
    '10.0.0.1',
    '{',
    '}',
    '[',
    ',',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[A-Za-z0-9+/_-]{0,40}$/),
)
const texts = fc.array(pieces, { maxLength: 14 }).map((parts) => parts.join(''))
const jsons = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 })
const named = fc.dictionary(
  fc.oneof(texts, fc.constantFrom('password', 'token', 'apiKey', 'properties', 'name', 'value', 'n')),
  fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null), jsons),
  { maxKeys: 5 },
)

const findings = (text: string, how: 'text' | 'json') => {
  let count = 0
  const result = redactor[how](text, () => void count++)
  return { count, result }
}

it('changes nothing without a finding, and nothing the second time', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const { count, result } = findings(text, 'text')
      if (count === 0) expect(result).toBe(text)
      else expect(result).not.toBe(text)
      expect(findings(result, 'text')).toEqual({ count: 0, result })
    }),
    { numRuns: 3000, seed: 1 },
  )
})

/** The value without its strings and names; numbers under telling names may have become strings. */
const bones = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(bones)
    : typeof value === 'object' && value !== null
      ? Object.values(value).map(bones)
      : typeof value === 'boolean' || value === null
        ? value
        : typeof value

it('keeps JSON to be JSON, of the same form, as often as it is redacted', () => {
  fc.assert(
    fc.property(
      fc.oneof(named, fc.array(named, { maxLength: 3 }), jsons),
      fc.constantFrom(undefined, 1),
      (value, space) => {
        const json = JSON.stringify(value, null, space)
        const { count, result } = findings(json, 'json')
        if (count === 0) expect(result).toBe(json)
        const before = JSON.stringify(bones(JSON.parse(json))).replaceAll('"number"', '"string"')
        expect(JSON.stringify(bones(JSON.parse(result))).replaceAll('"number"', '"string"')).toBe(before)
        expect(findings(result, 'json')).toEqual({ count: 0, result })
      },
    ),
    { numRuns: 3000, seed: 2 },
  )
})

/** Secrets that are long enough to be known wherever they stand, but inside of a word of their own characters. */
const planted = Object.entries(shapes).flatMap(([, its]) => its)
const around = fc
  .oneof(texts, fc.string({ unit: 'grapheme', maxLength: 30 }))
  .map((text) => text.replace(/[A-Za-z0-9_%+/=.~-]+$|^[A-Za-z0-9_%+/=.~-]+/g, ''))

it('never leaves a piece of a secret, wherever it was planted', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...planted),
      fc.integer(),
      around,
      around,
      fc.constantFrom('text', 'json', 'nested'),
      (shape, seed, left, right, how) => {
        const secret = render(shape, randomNumbers(seed))
        const text = `${left}${secret}${right}`
        const json =
          how === 'nested' ? JSON.stringify({ a: JSON.stringify([text]) }) : JSON.stringify({ a: [text] })
        const { result } = how === 'text' ? findings(text, 'text') : findings(json, 'json')
        expect(
          leftovers(secret, result, `${left}\n${right}\n${JSON.stringify(left + right)}${markerWords}`),
          `${text}\n${result}`,
        ).toEqual([])
      },
    ),
    { numRuns: 5000, seed: 3 },
  )
})

it('never leaves a piece of a secret of a telling beginning, even inside a word', () => {
  const telling = planted.filter((shape) =>
    /^(?:sk-ant-|sk-proj-|gh._|github_pat_|glpat-|hf_|gsk_|xai-|AIza|sk_live_|xox|npm_|evp_|dckr)/.test(
      shape,
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...telling), fc.integer(), texts, texts, (shape, seed, left, right) => {
      const secret = render(shape, randomNumbers(seed))
      const { result } = findings(left + secret + right, 'text')
      expect(
        leftovers(secret, result, `${left}\n${right}${markerWords}`),
        `${left + secret + right}\n${result}`,
      ).toEqual([])
    }),
    { numRuns: 3000, seed: 4 },
  )
})
