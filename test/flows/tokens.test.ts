import { exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose'
import { expect, it } from 'vitest'
import { socketClient } from '../support/subscriptions.ts'
import { now, useTokenTest } from '../support/tokens.ts'

const { test, telling, stranger, good, whoIs } = await useTokenTest()

it('takes an access token of the provider, with the role and project that it tells', async () => {
  telling.claims['called'] = 'The \u001bservice\n'
  const token = await telling.token()
  const { exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { exp: number }
  expect(await whoIs(token)).toMatchObject({
    status: 200,
    kind: 'member',
    name: 'The  service',
    project: 'default',
    role: 'analyst',
    expiresAt: new Date(exp * 1000).toISOString().replace('Z', '000Z'),
  })
  telling.claims = { evalport: { roles: ['viewers', 'platform'] }, project: ['second'], called: 5 }
  expect(await whoIs(await telling.token())).toMatchObject({
    name: 'service',
    project: 'second',
    role: 'admin',
  })
  expect(await whoIs(await telling.sign(good({ aud: ['x', 'https://old.example'] })))).toMatchObject({
    status: 200,
  })
  expect(JSON.stringify(test.logged)).not.toContain(token.split('.')[2])
})

it('takes a token for what ingest and sockets do, too', async () => {
  telling.claims = { evalport: { roles: ['platform'] }, project: 'default' }
  const token = await telling.token()
  const response = await fetch(`${test.url()}/ingest?path=x.json&format=nothing`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: '[]',
  })
  expect(response.status).toBe(400)
  const client = socketClient(test, token)
  expect((await client.iterate({ query: '{ viewer { kind role } }' }).next()).value).toEqual({
    data: { viewer: { kind: 'member', role: 'admin' } },
  })
  await client.dispose()
})

it('refuses every token that is not what it should be, and says why', async () => {
  const whole = await telling.token()
  const [header, payload, signature] = whole.split('.') as [string, string, string]
  const altered = Buffer.from(JSON.stringify(good({ evalport: { roles: ['platform'] } }))).toString(
    'base64url',
  )
  const publicKey = (await importJWK({ ...telling.key(), d: undefined } as never, 'RS256')) as CryptoKey
  const pem = new TextEncoder().encode(await exportSPKI(publicKey))
  const forged = await generateKeyPair('RS256')
  const hs = (secret: Uint8Array) =>
    new SignJWT(good())
      .setProtectedHeader({ alg: 'HS256', kid: telling.key().kid!, typ: 'at+jwt' })
      .sign(secret)
  const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`
  const refused: Record<string, [string, RegExp]> = {
    'of nobody whom we trust': [await stranger.token(), /no issuer/],
    'signed by a stranger in the name of the issuer': [
      await stranger.sign(good(), { kid: telling.key().kid! }),
      /signature/,
    ],
    'signed by a key of nobody': [
      await new SignJWT(good())
        .setProtectedHeader({ alg: 'RS256', kid: telling.key().kid! })
        .sign(forged.privateKey),
      /signature/,
    ],
    'for another audience': [await telling.token('service', 'https://other.example'), /aud/],
    'for nobody': [await telling.sign({ ...good(), aud: undefined } as never), /aud/],
    'with an issuer but for a slash': [await telling.sign(good({ iss: `${telling.issuer}/` })), /no issuer/],
    expired: [await telling.sign(good({ exp: now() - 31 })), /expired/],
    'without an end': [await telling.sign({ ...good(), exp: undefined } as never), /exp/],
    'not good yet': [await telling.sign(good({ nbf: now() + 90 })), /nbf/],
    'without a subject': [await telling.sign({ ...good(), sub: undefined } as never), /sub/],
    'with an empty subject': [await telling.sign(good({ sub: '' })), /subject/],
    'with a subject that no database holds': [await telling.sign(good({ sub: 'a\0b' })), /subject/],
    'by another algorithm of the same key': [await telling.sign(good(), { alg: 'RS512' }), /algorithm/],
    'by the public key as a shared secret': [await hs(pem), /algorithm/],
    'by no algorithm': [none, /algorithm/],
    'by an unknown key': [await telling.sign(good(), { kid: 'unknown' }), /no such key/],
    'with another payload': [[header, altered, signature].join('.'), /signature/],
    'with another signature': [[header, payload, signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))].join('.'), /signature/], // prettier-ignore
    'without a signature': [`${header}.${payload}.`, /signature/],
    'an ID token by its type': [await telling.sign(good(), { typ: 'id+jwt' }), /no access token/],
    'a logout token': [await telling.sign(good(), { typ: 'logout+jwt' }), /no access token/],
    'an ID token by its claims': [
      await telling.sign(good({ at_hash: 'x' }), { typ: 'JWT' }),
      /no access token/,
    ],
    'an ID token of a code flow': [
      await telling.sign(good({ nonce: 'x' }), { typ: 'JWT' }),
      /no access token/,
    ],
    'an ID token, which is for the client': [
      await telling.sign(good({ aud: 'service' }), { typ: 'JWT' }),
      /aud/,
    ],
    'too long': [`${whole}${'A'.repeat(12_000)}`, /./],
    'no token at all': ['a.b.c', /no issuer/],
    'an opaque token': ['nonsense', /no issuer/],
  }
  for (const [name, [token, why]] of Object.entries(refused)) {
    const answer = await whoIs(token)
    expect([answer.status, answer.code], name).toEqual([401, 'UNAUTHENTICATED'])
    expect(answer.message, name).toMatch(why)
    expect(JSON.stringify(answer), name).not.toContain(payload)
  }
  const critical = new SignJWT(good())
  critical.setProtectedHeader({ alg: 'RS256', kid: telling.key().kid!, crit: ['x'], x: 1 })
  const crit = await critical.sign((await importJWK(telling.key(), 'RS256')) as CryptoKey, {
    crit: { x: true },
  })
  expect(await whoIs(crit)).toMatchObject({ status: 401 })
  // What is wrong with none of them.
  expect(await whoIs(await telling.sign(good({ exp: now() - 5, nbf: now() + 5 })))).toMatchObject({
    status: 200,
  })
  expect(await whoIs(await telling.sign(good(), { typ: 'JWT' }))).toMatchObject({ status: 200 })
})

it('refuses a token in an address, whatever stands in the header', async () => {
  const token = await telling.token()
  const response = await fetch(`${test.url()}/graphql?query={__typename}&access_token=${token}`)
  expect(response.status).toBe(400)
  expect(await response.text()).not.toContain(token)
})

it('refuses a project that no database holds as one that is not there', async () => {
  for (const project of ['def\0ault', '\ud800', 'x'.repeat(5000)]) {
    const answer = await whoIs(await telling.sign(good({ sub: 'odd', project })))
    expect(answer, JSON.stringify(project)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  }
})

it('fetches a new key of the provider, and refuses tokens of the old one when it is gone', async () => {
  const before = await telling.token()
  expect(await whoIs(before)).toMatchObject({ status: 200 })
  await telling.rotate()
  expect(await whoIs(await telling.token())).toMatchObject({ status: 200 })
  const after = await whoIs(before)
  expect(after).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
  expect(after.message).toContain('no such key')
})

it('goes on with known keys while the provider is down, and says of others that it cannot know', async () => {
  const known = await telling.token()
  expect(await whoIs(known)).toMatchObject({ status: 200 })
  await telling.stop()
  expect(await whoIs(known)).toMatchObject({ status: 200 })
  const unknown = await telling.sign(good(), { kid: 'new' })
  expect(await whoIs(unknown)).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
  await expect(socketClient(test, unknown).iterate({ query: '{ __typename }' }).next()).rejects.toMatchObject(
    {
      code: 1013,
    },
  )
  await telling.start()
  expect(await whoIs(unknown)).toMatchObject({ status: 401 })
})

it('treats an API key as one, though there are tokens', async () => {
  expect(await whoIs(test.key())).toMatchObject({ status: 200, kind: 'key', role: 'operator' })
  expect(await whoIs(test.key(), 'default')).toMatchObject({ status: 200 })
  expect(await whoIs(test.key(), 'second')).toMatchObject({ status: 403, code: 'FORBIDDEN' })
})
