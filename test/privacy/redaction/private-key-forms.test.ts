import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { leftovers, markerWords } from './surroundings.ts'
import { randomNumbers, render } from './generated-secrets.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const random = randomNumbers(12)
const body = [render('{b64}', random), render('{b64}', random), render('{b30}', random)]
const lines = ['-----BEGIN RSA PRIVATE KEY-----', ...body, '-----END RSA PRIVATE KEY-----']

it.each([
  ['cat -n', lines.map((line, at) => `     ${at + 1}\t${line}`).join('\n')],
  ['grep -n', lines.map((line, at) => `key.pem:${at + 1}:${line}`).join('\n')],
  ['diff', lines.map((line) => `-${line}`).join('\n')],
  ['#', lines.map((line) => `# ${line}`).join('\n')],
  ['//', lines.map((line) => `// ${line}`).join('\n')],
  ['*', lines.map((line) => ` * ${line}`).join('\n')],
  ['|', lines.map((line) => `| ${line} |`).join('\n')],
  ['markup', lines.join('<br>\n')],
  ['no-break spaces', lines.map((line) => `\u00a0${line}`).join('\n')],
  [
    'headers of PGP',
    [
      '-----BEGIN PGP PRIVATE KEY BLOCK-----',
      'Charset: utf-8',
      'Hash: x',
      '',
      ...body,
      '-----END PGP PRIVATE KEY BLOCK-----',
    ].join('\n'),
  ],
  ['a JSON array of lines', JSON.stringify({ key: lines, n: 1 })],
])('finds private keys in lines with %s', (_, text) => {
  const result = redactor.text(text, () => {})
  for (const line of body) expect(leftovers(line, result, markerWords)).toEqual([])
  expect(redactor.text(result, () => {})).toBe(result)
})

it('leaves code that speaks of both ends of a key', () => {
  const code =
    'if (!pem.startsWith("-----BEGIN PRIVATE KEY-----")) fail()\nreturn pem.endsWith("-----END PRIVATE KEY-----")'
  expect(redactor.text(code, () => {})).toBe(code)
})
