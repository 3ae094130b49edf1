import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { issuerKeys } from '../../src/access/issuer-keys.ts'
import { parseIssuers } from '../../src/access/issuer-settings.ts'

const warnings: unknown[] = []
const log = { debug() {}, info() {}, error() {}, warn: (fields: object) => void warnings.push(fields) }

let fetched: string[] = []
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
const server = createServer((request, response) => {
  fetched.push(request.url!)
  answer(request, response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { publicKey } = await generateKeyPair('RS256')
const jwk = { ...(await exportJWK(publicKey)), kid: 'known', alg: 'RS256' }

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
})
afterEach(() => {
  vi.useRealTimers()
  fetched = []
})

const json = (body: unknown) => (_request: unknown, response: ServerResponse) =>
  void response.end(JSON.stringify(body))
const keysOf = (more: object = {}) =>
  issuerKeys(
    parseIssuers(
      [{ issuer, audience: 'a', jwksUrl: `${issuer}/jwks`, ...more }],
      (why) => new Error(why),
    )[0]!,
    log,
  )
const ask = (keys: ReturnType<typeof keysOf>, kid = 'known') =>
  Promise.resolve(keys({ alg: 'RS256', kid }, { payload: '', signature: '' })).then(
    () => 'key',
    (error: Error & { code?: string }) => error.code ?? error.message,
  )

it('fetches keys once, and again for unknown ones only after a while', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  answer = json({ keys: [jwk] })
  const keys = keysOf()
  expect(await ask(keys)).toBe('key')
  for (let round = 0; round < 5; round++) expect(await ask(keys, 'other')).toBe('ERR_JWKS_NO_MATCHING_KEY')
  expect(fetched).toHaveLength(1)
  vi.advanceTimersByTime(31_000)
  expect(await ask(keys, 'other')).toBe('ERR_JWKS_NO_MATCHING_KEY')
  expect(fetched).toHaveLength(2)
})

it('fetches them anew when they are old, and keeps them for a day if that fails', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  answer = json({ keys: [jwk] })
  const keys = keysOf()
  expect(await ask(keys)).toBe('key')
  vi.advanceTimersByTime(601_000)
  expect(await ask(keys)).toBe('key')
  expect(fetched).toHaveLength(2)
  answer = (_request, response) => void response.writeHead(500).end()
  vi.advanceTimersByTime(601_000)
  for (let round = 0; round < 5; round++) expect(await ask(keys)).toBe('key')
  expect(fetched).toHaveLength(3)
  vi.advanceTimersByTime(86_400_000)
  expect([await ask(keys), await ask(keys)]).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  answer = json({ keys: [{ ...jwk, kid: 'next' }] })
  vi.advanceTimersByTime(31_000)
  expect([await ask(keys, 'next'), await ask(keys)]).toEqual(['key', 'ERR_JWKS_NO_MATCHING_KEY'])
})

it('says that keys cannot be had, whatever is wrong with what the issuer answers', async () => {
  const wrong: Record<string, typeof answer> = {
    'no JSON': (_request, response) => void response.end('<html>'),
    'no keys': json({ key: [] }),
    'not found': (_request, response) => void response.writeHead(404).end(JSON.stringify({ keys: [jwk] })),
    'a way elsewhere': (request, response) =>
      request.url === '/jwks'
        ? void response.writeHead(302, { location: `${issuer}/other` }).end()
        : json({ keys: [jwk] })(request, response),
    'more than one reads': json({ keys: [jwk], more: 'x'.repeat(600_000) }),
    'a cut answer': (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{')
      setImmediate(() => response.destroy())
    },
  }
  for (const [name, each] of Object.entries(wrong)) {
    answer = each
    const keys = keysOf({ keysCooldownSeconds: 0 })
    expect(await ask(keys), name).toBe('UNAVAILABLE')
    answer = json({ keys: [jwk] })
    expect(await ask(keys), name).toBe('key')
  }
  expect(warnings.length).toBeGreaterThan(0)
})

it('finds out where the keys are, from the issuer itself alone', async () => {
  const discovery = '/.well-known/openid-configuration'
  const tell = (document: object) => (request: IncomingMessage, response: ServerResponse) =>
    json(request.url === discovery ? document : { keys: [jwk] })(request, response)
  const keys = keysOf({ jwksUrl: undefined, keysCooldownSeconds: 0 })
  for (const document of [
    { issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` },
    { issuer, jwks_uri: 'http://keys.example/' },
    { issuer },
    {},
  ]) {
    answer = tell(document)
    expect(await ask(keys), JSON.stringify(document)).toBe('UNAVAILABLE')
  }
  answer = tell({ issuer, jwks_uri: `${issuer}/keys` })
  fetched = []
  expect([await ask(keys), await ask(keys)]).toEqual(['key', 'key'])
  expect(fetched).toEqual([discovery, '/keys'])
})

it('leaves an issuer that does not answer in peace for a while, and says so once', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  for (const more of [{}, { jwksUrl: undefined }]) {
    const keys = keysOf(more)
    for (const wrong of [
      json({}),
      (_request: unknown, response: ServerResponse) => void response.destroy(),
    ]) {
      answer = wrong
      fetched = []
      warnings.length = 0
      const answers = await Promise.all(Array.from({ length: 5 }, () => ask(keys)))
      for (let round = 0; round < 5; round++) answers.push(await ask(keys))
      expect(new Set(answers)).toEqual(new Set(['UNAVAILABLE']))
      expect([fetched.length, warnings.length]).toEqual([1, 1])
      vi.advanceTimersByTime(31_000)
    }
    answer = (request, response) =>
      json(request.url === '/jwks' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/jwks` })(
        request,
        response,
      )
    expect(await ask(keys)).toBe('key')
    // One that is down is not asked for each unknown key either.
    vi.advanceTimersByTime(31_000)
    answer = (_request, response) => void response.destroy()
    fetched = []
    warnings.length = 0
    for (let round = 0; round < 5; round++) expect(await ask(keys, 'unknown')).toBe('UNAVAILABLE')
    expect(await ask(keys)).toBe('key')
    expect([fetched.length, warnings.length]).toEqual([1, 1])
  }
})

it('takes keys of an https issuer over https alone', async () => {
  const asked: string[] = []
  vi.stubGlobal('fetch', async (url: string | URL) => {
    asked.push(String(url))
    return Response.json({ issuer: 'https://issuer.example', jwks_uri: `${issuer}/jwks` })
  })
  const keys = keysOf({ issuer: 'https://issuer.example', jwksUrl: undefined })
  expect(await ask(keys)).toBe('UNAVAILABLE')
  vi.unstubAllGlobals()
  expect(asked).toEqual(['https://issuer.example/.well-known/openid-configuration'])
  expect(
    JSON.stringify(warnings.at(-1), (_key, value: unknown) =>
      value instanceof Error ? value.message : value,
    ),
  ).toContain('must be https')
})
