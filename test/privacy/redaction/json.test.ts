import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { randomNumbers, render } from './generated-secrets.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const random = randomNumbers(7)
const key = render('sk-ant-api03-{u93}AA', random)

function redacted(json: string): { result: string; rules: string[] } {
  const rules: string[] = []
  return { result: redactor.json(json, (rule) => rules.push(rule)), rules }
}

const named = '[REDACTED:named-value:0a1b]'

describe('values under telling names', () => {
  it.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'Set-Cookie',
    'password',
    'PASSWORD',
    'passwd',
    'pwd',
    'db_password',
    'passphrase',
    'secret',
    'client_secret',
    'clientSecret',
    'client-secret',
    'token',
    'access_token',
    'accessToken',
    'refresh_token',
    'id_token',
    'api_key',
    'apiKey',
    'x-api-key',
    'X-Api-Key',
    'APIKEY',
    'private_key',
    'privateKey',
    'aws_secret_access_key',
    'credentials',
    'OPENAI_API_KEY',
    'session_token',
    'pass\\u0077ord',
  ])('%s', (name) => {
    expect(redacted(`{"${name}": "any value at all 1"}`)).toEqual({
      result: `{"${name}": "${named}"}`,
      rules: ['named-value'],
    })
  })

  it.each([
    'total_tokens',
    'max_tokens',
    'input_tokens',
    'next_page_token',
    'nextPageToken',
    'tokenizer',
    'token_type',
    'token_count',
    'passed',
    'author',
    'show_password',
    'secretary',
    'key',
    'session_id',
    'cookie_policy',
    'public_key',
  ])('but not %s', (name) => {
    const json = `{"${name}": "any value at all"}`
    expect(redacted(json)).toEqual({ result: json, rules: [] })
  })

  it('are replaced in all that is nested below, whole numbers too; true, false and null stay', () => {
    const json = '{"password": 12345, "secret": {"a": ["x", {"b": "y"}, 1234, true, null]}, "n": 1.0}'
    const { result } = redacted(json)
    expect(result).toBe(
      `{"password": "${named}", "secret": {"a": ["${named}", {"b": "${named}"}, "${named}", true, null]}, "n": 1.0}`,
    )
  })

  it('are found as pairs of name and value, and as arguments after a flag', () => {
    expect(
      redacted('{"headers": [{"name": "Authorization", "value": "abc"}, {"name": "Accept", "value": "abc"}]}')
        .result,
    ).toBe(
      `{"headers": [{"name": "Authorization", "value": "${named}"}, {"name": "Accept", "value": "abc"}]}`,
    )
    expect(
      redacted('{"key": "http.request.header.authorization", "value": {"stringValue": "abc"}}').result,
    ).toContain(named)
    expect(redacted('["mysql", "--password", "swordfish", "-u", "root"]').result).toBe(
      `["mysql", "--password", "${named}", "-u", "root"]`,
    )
  })

  it('leave models’ tokens and descriptions of parameters alone', () => {
    for (const json of [
      '{"content": [{"token": " the", "logprob": -0.1}, {"token": "Hello", "logprob": -2}, {"token": 1234}]}',
      '{"properties": {"password": {"type": "string", "description": "The password"}}, "required": ["password"]}',
    ])
      expect(redacted(json)).toEqual({ result: json, rules: [] })
    expect(
      redacted('{"properties": {"password": {"type": "string", "default": "swordfish"}}}').result,
    ).toContain(named)
  })
})

describe('strings', () => {
  it('are read as what they mean, and written as they were', () => {
    const escaped = key.replace('ant', '\\u0061nt')
    const json = `{"a": "x\\n\\u00e9\\/${escaped}\\t\\"end\\"", "b": "\\u00e9"}`
    expect(redacted(json).result).toBe(
      '{"a": "x\\n\\u00e9\\/[REDACTED:anthropic-api-key:0a1b]\\t\\"end\\"", "b": "\\u00e9"}',
    )
  })

  it('that hold JSON are walked, too, seven times over', () => {
    let json = JSON.stringify({ password: 'correct horse battery staple', n: 1.5 })
    for (let depth = 0; depth < 7; depth++) {
      json = JSON.stringify({ body: json })
      const { result, rules } = redacted(json)
      expect(result).not.toContain('horse')
      expect(rules.length).toBe(1)
      JSON.parse(result)
    }
  })

  it('keep numbers exact, and blanks', () => {
    const json = `{"big": 12345678901234567890.1234567890, "e": 1E400,  "s" :\t"${key}" }`
    expect(redacted(json).result).toBe(
      '{"big": 12345678901234567890.1234567890, "e": 1E400,  "s" :\t"[REDACTED:anthropic-api-key:0a1b]" }',
    )
  })
})

describe('member names', () => {
  it('are redacted, and never become equal', () => {
    const other = render('sk-ant-api03-{u93}AA', random)
    const { result } = redacted(`{"${key}": 1, "${other}": 2, "${key} ": 3}`)
    expect(Object.keys(JSON.parse(result) as object)).toEqual([
      '[REDACTED:anthropic-api-key:0a1b]',
      '[REDACTED:anthropic-api-key:0a1b]~2',
      '[REDACTED:anthropic-api-key:0a1b] ',
    ])
  })
})

it('gives equal secrets the same mark in text, in JSON, and behind escapes', () => {
  const marked = createRedactor(builtInRules, {
    mark: (secret) => (secret === key ? '00aa' : 'ffff'),
    personalData: false,
  })
  const found = () => {}
  expect(marked.text(key, found)).toBe('[REDACTED:anthropic-api-key:00aa]')
  expect(marked.json(`["\\n${key.replace('k', '\\u006b')}"]`, found)).toBe(
    '["\\n[REDACTED:anthropic-api-key:00aa]"]',
  )
})

it('replaces all of what is nested too deep', () => {
  let strings = '{"a": 1}'
  for (let depth = 0; depth < 10; depth++) strings = JSON.stringify([strings])
  expect(redacted(strings)).toEqual({ result: '"[REDACTED:budget:0a1b]"', rules: ['budget'] })
  const json = `${'['.repeat(2000)}"${key}"${']'.repeat(2000)}`
  expect(redacted(json)).toEqual({ result: '"[REDACTED:budget:0a1b]"', rules: ['budget'] })
})

it('changes nothing the second time', () => {
  const json = JSON.stringify({
    password: 1,
    a: `x ${key}`,
    [key]: { token: 'abcdef123456' },
    b: JSON.stringify({ secret: 'x y' }),
  })
  const { result } = redacted(json)
  expect(redacted(result)).toEqual({ result, rules: [] })
})
