import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { randomNumbers, render } from './generated-secrets.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })

function expectClean(text: string): void {
  const rules: string[] = []
  expect(redactor.text(text, (rule) => rules.push(rule))).toBe(text)
  const json = JSON.stringify({ text, list: [text] })
  expect(redactor.json(json, (rule) => rules.push(rule))).toBe(json)
  expect(rules).toEqual([])
}

it.each([
  'token = get_token()',
  'password: string',
  'const password = form.password',
  "secret=os.environ['SECRET']",
  'api_key=${API_KEY}',
  'API_KEY=$API_KEY',
  'password: ********',
  'token: <your-token>',
  'api_key: "YOUR_API_KEY"',
  "apiKey: 'your-api-key-here'",
  'max_tokens: 4096',
  '"total_tokens": 15234',
  'tokens_per_second=48.20',
  'if (!password) return',
  'password: Password!',
  'The password must have at least 8 characters.',
  'secret: process.env.SECRET_KEY_BASE',
  'auth: new OAuth2Client(config)',
  'token: Token',
  'def login(password: str, token: Optional[str] = None) -> bool:',
  'Authorization: Bearer <token>',
  'Authorization: Bearer ${token}',
  'Authorization: Bearer YOUR_TOKEN',
  'a bearer token in the header',
  'basic authentication is used',
  'Basic usage: see below',
  'cookie: a small file',
  '--- PASS: TestNextPowerOf2 (0.00s)',
  'postgres://user:password@localhost/db',
  'postgres://localhost:5432/db',
  'https://user@host/path',
  'git@github.com:acme/repo.git',
  'npm i @types/node@24.19.2',
  'icon@2x.png',
  '@decorator.call',
  'task-management-and-risk-analysis-2',
  'sk-learn-compatible-models-1-2-3',
  'text.includes("-----BEGIN PRIVATE KEY-----")',
  'sha512-ABCDEFG is an integrity',
  'secretKeyRef: name',
  'password_hash: bcrypt',
  'pk-lf-0f3c2b1a-1111-2222-3333-444455556666',
  'keys: hf_hub_download, gsk_settings, r8_enabled',
  'AKIA is a prefix',
  'sig=none',
  '[REDACTED:openai-api-key:7f3a]',
  'password=[REDACTED:assigned-secret:0a1b]',
  'Authorization: Bearer [REDACTED:bearer-token:0a1b]',
  'see RFC 6750 (Bearer) and RFC 7617 (Basic)',
  'if token == "end_of_text":',
  'token_limit = 128000',
  'next_page_token=abc',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36',
  'version 1.2.3.4',
  'v10.0.0.1',
  '1.2.3.4.5',
  '127.0.0.1:5432',
  '0.0.0.0:8080',
  '::1',
  'std::vector<int>',
  'a::b::c',
  '12:30:45',
  '00:1B:44:11:3A:B7',
  'deps: patch V8 to 13.6.233.17',
  '2026-11-25T09:11:02.123456Z',
  '1764061862123',
  '1764061862123456',
  '1764061862123456789',
  '0.4532015112830366',
  '12,345,678.90',
  'rows 1234567890 1234567891 1234567892',
  '+0.1234567',
  'UTC+0100',
  '1e+10',
  'ISBN 978-3-16-148410-0',
  '<Buffer 01 02 03 04 05>',
  '10.5281/zenodo.1234567',
  'total: 4111111111111112',
  '2024-01-02 03:04:05',
  'lines 100-200, 300-400',
  '(100) 200-3000',
  '/usr/lib/node_modules/some-package/dist/index-BfK2mQ9x.js',
  'claude-sonnet-4-5-20250929',
  'gpt-4o-2024-08-06',
  'llama-3.1-8b-instruct',
])('leaves %s', (text) => {
  expectClean(text)
  expectClean(`${text}\n${text}`)
  expectClean(`so "${text}", and`)
})

it.each([
  'commit {h40}',
  '{h40}',
  '{h64}',
  '{h32}',
  'sha256:{h64}',
  'md5 {h32}',
  '{h8}-{h4}-{h4}-{h4}-{h12}',
  'exp_{h8}-{h4}-{h4}-{h4}-{h12}',
  'evr_{d5}',
  'ps1_{x26}',
  '01{U24}',
  'toolu_{a24}',
  'msg_{a24}',
  'chatcmpl-{a29}',
  'call_{a24}',
  'resp_{h48}',
  'req_{a24}',
  'gen-{d10}-{a20}',
  'run_{a24}',
  'thread_{a24}',
  'asst_{a24}',
  'file-{a24}',
  'batch_{a24}',
  'srvtoolu_{a24}',
  'fc_{h48}',
  'rs_{h48}',
  'trace {h32} span {h16}',
  'index-{a8}.js',
  'git+https://github.com/acme/x.git#{h40}',
  'pkg@{d1}.{d2}.{d1}',
  'https://acme.example/blob/{h40}/src/a.ts#L{d2}-L{d2}',
  '"integrity": "sha512-{b86}=="',
  'data:image/png;base64,iVBORw0KGgo{b400}',
  '{b400}',
  'W/"{a27}"',
  'epoch {d10}',
  'cost 0.00{d6} USD',
  'pid {d5} tid {d6}',
  'v{d1}.{d2}.{d2}',
  '{d2}.{d3}.{d4}',
  'Date.now() = 17{d11}',
  'ns 17{d17}',
  'x={d3}.{d15}',
  'toolu_vrtx_{a24}',
  'toolu_bdrk_{a24}',
])('leaves what looks like %s', (shape) => {
  const random = randomNumbers(shape.length)
  for (let time = 0; time < 50; time++) {
    expectClean(render(shape, random))
    expectClean(`"id": "${render(shape, random)}", next`)
  }
})

/** Our own sources and pages, but those that speak of secrets and personal data themselves. */
it('finds nothing in some hundred kilobytes of source and prose', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const spokenOf = /redaction|seed|secrets/
  const files = globSync('{src,docs,bench,demo,drizzle}/**/*.{ts,md,sql}', { cwd: root }).filter(
    (file) => !spokenOf.test(file),
  )
  let size = 0
  const hits: string[] = []
  for (const file of files) {
    const text = readFileSync(root + file, 'utf8')
    size += text.length
    redactor.text(text, (rule) => hits.push(`${file}: ${rule}`))
  }
  expect(size).toBeGreaterThan(300_000)
  expect(hits).toEqual([])
})
