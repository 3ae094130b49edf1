import { expect, it } from 'vitest'
import { newApiKey } from '../../src/access/api-key.ts'
import { useTestApp } from '../support/app.ts'
import { hoursBetween, keyMutations } from '../support/key-mutations.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp()
const { create, revoke, list, works, pass } = keyMutations(test)

it('makes a key that works, shows its secret once, and stores none of it', async () => {
  const { key, secret } = await create('for a test')
  expect(key).toMatchObject({
    name: 'for a test',
    project: 'default',
    role: 'analyst',
    scopes: null,
    isGood: true,
    lastUsedAt: null,
    expiresAt: null,
    revokedAt: null,
    replacedBy: null,
  })
  expect(secret).toMatch(/^evp_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$/)
  expect(secret!.startsWith(key!.prefix)).toBe(true)
  expect(await works(secret!)).toBe(true)
  expect(JSON.stringify(await list())).not.toContain(secret!.slice(13))
  const rows = await test.database.client()`
    select api_keys::text || principals::text as row from api_keys join principals using (id)`
  expect(JSON.stringify(rows)).not.toContain(secret!.slice(13, 45))
  expect(JSON.stringify(test.logged)).not.toContain(secret!.slice(13, 45))
})

it('refuses a revoked key at once, by id or prefix, and tells nothing new the second time', async () => {
  for (const by of ['id', 'prefix'] as const) {
    const { key, secret } = await create(`by ${by}`)
    const first = await revoke(key![by])
    expect(first.key!.revokedAt).not.toBeNull()
    const refused = await test.query('{ exportFormats { id } }', {}, secret!)
    expect([refused.status, refused.errors![0]!.extensions['code']]).toEqual([401, 'UNAUTHENTICATED'])
    expect((await revoke(key![by])).key!.revokedAt).toBe(first.key!.revokedAt)
  }
})

it('gives unknown, mistyped, revoked and expired keys one answer', async () => {
  const [revoked, expired, mistyped] = [await create('r'), await create('e', { expires: '1h' }), test.key()]
  expect(await works(expired.secret!)).toBe(true)
  await revoke(revoked.key!.id)
  await pass(expired.key!.id)
  const answers = new Set<string>()
  for (let at = 0; at < mistyped.length; at++) {
    const changed = mistyped.slice(0, at) + (mistyped[at] === 'a' ? 'b' : 'a') + mistyped.slice(at + 1)
    const { status, errors } = await test.query('{ exportFormats { id } }', {}, changed)
    expect(status).toBe(401)
    answers.add(JSON.stringify(errors))
  }
  for (const key of [newApiKey().text, revoked.secret!, expired.secret!, 'x.y.z', 'evp_']) {
    answers.add(JSON.stringify((await test.query('{ exportFormats { id } }', {}, key)).errors))
  }
  expect(answers.size).toBe(1)
})

it('refuses requests without a key, and headers that are none', async () => {
  const key = test.key()
  const without = await test.query('{ exportFormats { id } }', {}, null)
  expect([without.status, without.errors![0]!.extensions['code']]).toEqual([401, 'UNAUTHENTICATED'])
  for (const header of [
    key,
    `Basic ${key}`,
    `Bearer ${key} x`,
    `Bearer ${key}, Bearer ${key}`,
    'Bearer',
    '',
  ]) {
    const response = await fetch(`${test.url()}/graphql?query={__typename}`, {
      headers: { authorization: header },
    })
    expect(response.status, header).toBe(401)
  }
})

it('refuses a whole key of which only the part that may be shown is right', async () => {
  const { key, secret } = await create('looked up')
  const guessed = newApiKey()
  await test.database.client()`update api_keys set prefix = ${guessed.prefix} where id = ${key!.id}`
  expect(await works(guessed.text)).toBe(false)
  await test.database.client()`update api_keys set prefix = ${key!.prefix} where id = ${key!.id}`
  expect(await works(secret!)).toBe(true)
})

it('refuses the document before it is looked at when there is no key', async () => {
  for (const document of ['{', '{ nothing }', '{ __schema { types { name } } }']) {
    expect((await test.query(document, {}, null)).status).toBe(401)
  }
  expect((await fetch(`${test.url()}/ingest?path=x`, { method: 'POST', body: '[]' })).status).toBe(401)
})

it('refuses credentials in an address, and does not repeat them', async () => {
  const headers = { authorization: `Bearer ${test.key()}` }
  for (const query of [
    `access_token=${test.key()}`,
    'access_token=a.b.c',
    'Access_Token=',
    'key=x',
    'jwt=x',
    'auth=x',
    'anything=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl',
    'anything=Bearer%20eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.',
    'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl=',
    `anything=${test.key()}`,
    `variables=${encodeURIComponent(JSON.stringify({ a: test.key() }))}`,
  ]) {
    for (const path of [`/graphql?query={__typename}&${query}`, `/ingest?path=x&${query}`]) {
      const method = path.startsWith('/ingest') ? 'POST' : 'GET'
      const response = await fetch(test.url() + path, { method, headers })
      const text = await response.text()
      expect([response.status, text.includes('INVALID_INPUT')], path).toEqual([400, true])
      expect(text).toContain('does not belong into an address')
      expect(text).not.toContain(test.key().slice(13))
    }
  }
  expect(JSON.stringify(test.logged)).not.toContain(test.key().slice(13))
})

it('writes down when a key was used, to the minute, and holds up nobody for it', async () => {
  const { key, secret } = await create('used')
  const used = async () => (await list()).find((each) => each.id === key!.id)!.lastUsedAt
  expect(await used()).toBeNull()
  const sql = await test.database.client().reserve()
  // Somebody holds the row: the use is not written down, and the request is answered all the same.
  await sql`begin`
  await sql`select 1 from principals where id = ${key!.id} for update`
  expect(await works(secret!)).toBe(true)
  await sql`commit`
  sql.release()
  await works(secret!)
  await eventually(async () => (await used()) !== null)
  const first = await used()
  await works(secret!)
  await test.app().db.execute('select 1')
  expect(await used()).toBe(first)
  await test.database.client()`update principals set last_used_at = now() - interval '61 seconds' where id = ${key!.id}`
  await works(secret!)
  await eventually(async () => hoursBetween(first!, (await used())!) >= 0)
})
