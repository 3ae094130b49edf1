import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const redacted = (text: string) => redactor.text(text, () => {})

describe('finds what is given', () => {
  it.each([
    'DB_PASSWORD=«abcd;efgh9876»',
    'DB_PASSWORD=«Sw0rd,fish»\nX=1',
    'export X_PASSWORD="«swordfish»"',
    "X_PASSWORD='«swordfish»'",
    'DB_PASSWORD=«enterprise»',
    'DB_PASSWORD=«atmosphere»',
    'AZURE_OPENAI_KEY=«5f4dcc3b5aa765d61d8327deb882cf99»',
    'access_token=«5f4dcc3b5aa765d61d8327deb882cf99»',
  ])('%s', (marked) => {
    const result = redacted(marked.replace(/[«»]/g, ''))
    expect(result).toBe(marked.replace(/«[^»]*»/, '[REDACTED:assigned-secret:0a1b]'))
    expect(redacted(result)).toBe(result)
  })
})

it.each([
  'secret_sha256=5f4dcc3b5aa765d61d8327deb882cf99',
  'token: 5f4dcc3b5aa765d61d8327deb882cf99',
  'auth: 123e4567-e89b-12d3-a456-426614174000',
  'DB_PASSWORD=your-password-here',
  'DB_PASSWORD=$OTHER;',
  'PWD=/home/u/project2',
  'cache_key=5f4dcc3b5aa765d61d8327deb882cf99',
])('leaves %s', (text) => {
  expect(redacted(text)).toBe(text)
})

it.each([
  '{"PWD":"/home/u/project2","OLDPWD":"/tmp/x2"}',
  '{"credentials":"same-origin"}',
  '{"credentials":"include"}',
])('leaves %s', (json) => {
  expect(redactor.json(json, () => {})).toBe(json)
})
