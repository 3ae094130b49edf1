import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const redacted = (text: string, how: 'text' | 'json') => redactor[how](text, () => {})
const named = '[REDACTED:named-value:0a1b]'

/** The value as JSON in a string of JSON, so many times over. */
const nest = (value: unknown, depth: number): string => {
  let json = JSON.stringify(value)
  for (let level = 0; level < depth; level++) json = JSON.stringify(level % 2 === 0 ? { body: json } : [json])
  return json
}

function unnest(json: string, depth: number): unknown {
  let value: unknown = JSON.parse(json)
  for (let level = depth - 1; level >= 0; level--) {
    const inner = level % 2 === 0 ? (value as { body: string }).body : (value as string[])[0]!
    value = JSON.parse(inner)
  }
  return value
}

it('writes JSON at every level of JSON in strings of JSON', () => {
  const values = fc.oneof(
    fc.integer({ min: 1000 }),
    fc.string({ minLength: 1 }),
    fc.boolean(),
    fc.constant(null),
  )
  fc.assert(
    fc.property(
      values,
      values,
      fc.constantFrom('password', 'db_password', 'apiKey', 'pin'),
      fc.integer({ min: 0, max: 6 }),
      fc.constantFrom('text' as const, 'json' as const),
      (first, second, name, depth, how) => {
        const result = unnest(
          redacted(nest({ [name]: first, list: { [name]: [second] } }, depth), how),
          depth,
        )
        const expected = (value: unknown) => (typeof value === 'boolean' || value === null ? value : named)
        expect(result).toEqual({ [name]: expected(first), list: { [name]: [expected(second)] } })
      },
    ),
    { numRuns: 1000, seed: 5 },
  )
})

describe('pairs of name and value', () => {
  it.each([
    { value: 'x y z', header: 'X-Api-Key' },
    { value: 'x y z', name: 'password' },
    { Name: 'DB_PASSWORD', Value: 'x y z' },
    { name: 'password', val: 'x y z' },
    { k: 'password', v: 'x y z' },
    { ParameterKey: 'DbPassword', ParameterValue: 'x y z' },
    { value: { stringValue: 'x y z' }, key: 'password' },
    [['x-api-key', 'h2 y z']],
    ['Host', 'a.example', 'X-Api-Key', 'h2 y z', 'Cookie', 'sid=abc y z'],
  ])('%j', (value) => {
    const result = redacted(JSON.stringify(value), 'json')
    expect(result).toContain(named)
    expect(result).not.toContain('y z')
    expect(redacted(result, 'json')).toBe(result)
  })

  it.each([
    { name: 'no_leaked_secrets', value: 1 },
    { name: 'password', value: 0.87 },
    { name: 'test_secret', value: 1200 },
    { value: 'any value', name: 'pass@1' },
    { key: 'What is a secret', value: 'Something hidden' },
    { required: ['password', 'username'] },
    { columns: ['id', 'password', 'email', 'token', 'created_at'] },
  ])('but not %j', (value) => {
    const json = JSON.stringify(value)
    expect(redacted(json, 'json')).toBe(json)
  })

  it('end, however deep and often they are nested', () => {
    const depth = 900
    const json = `${'{"value":'.repeat(depth)}"x"${',"name":"password"}'.repeat(depth)}`
    expect(redacted(json, 'json')).not.toContain('"x"')
  })
})

describe('numbers', () => {
  it.each([
    '{"pass": 12, "fail": 3}',
    '{"pass@1": 0.87, "pass@10": 0.953, "pass_1": 1234, "pass^4": 0.2}',
    '{"pass@10": "0.95"}',
    '{"secrets": 3000, "cookies": 2000, "credentials": 10000}',
    '{"password": 0.5, "secret": 999, "leaked_secrets": 1234}',
    '{"cookie": {"maxAge": 3600}}',
  ])('of metrics and counts stay: %s', (json) => {
    expect(redacted(json, 'json')).toBe(json)
  })

  it.each(['password', 'db_password', 'dbPassword', 'password2', 'secret', 'pwd', 'api_key'])(
    'of four digits are replaced under %s',
    (name) => {
      expect(redacted(`{"${name}": 1234}`, 'json')).toBe(`{"${name}": "${named}"}`)
    },
  )

  it.each(['pin', 'cvv', 'cvc', 'otp', 'passcode', 'pin_code', 'oneTimeCode', 'card_cvv'])(
    'of any length are replaced under %s',
    (name) => {
      expect(redacted(`{"${name}": 12}`, 'json')).toBe(`{"${name}": "${named}"}`)
    },
  )
})

describe('JSON that is broken, or not alone', () => {
  it.each([
    '{"user":"x","password":"swordfish","y":[1,2',
    'Output: {"password":"swordfish"}',
    '{"password":"swordfish"}\n{"password":"swordfish"}\n',
    "{'password': 'swordfish', 'n': 1}",
    '{"a": {"secret": ["swordfish"]}, "b": tru',
    '\t{"password":"swordfish"}',
    '{"password":"sword\\nfish',
    JSON.stringify(JSON.stringify({ password: 'swordfish' })),
  ])('%s', (text) => {
    const result = redacted(text, 'text')
    expect(result).not.toContain('fish')
    expect(redacted(result, 'text')).toBe(result)
  })
})
