import { expect, it } from 'vitest'
import { newApiKey } from '../../src/access/api-key.ts'
import { useTestApp } from '../support/app.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp()

interface Key {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: string
  readonly revokedAt: string | null
}
const keyFields = 'id name prefix project role createdAt revokedAt'

async function create(name: string, project?: string, as?: string) {
  const { data, errors } = await test.query<{ createApiKey: { key: Key; secret: string } }>(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key { ${keyFields} } secret } }`,
    { input: { name, ...(project !== undefined && { project }) } },
    as,
  )
  return { ...data?.createApiKey, errors }
}

async function revoke(key: string, as?: string) {
  const { data, errors } = await test.query<{ revokeApiKey: { key: Key } } | null>(
    `mutation ($key: String!) { revokeApiKey(input: { key: $key }) { key { ${keyFields} } } }`,
    { key },
    as,
  )
  return { key: data?.revokeApiKey.key, code: errors?.[0]?.extensions['code'] }
}

async function list(): Promise<readonly Key[]> {
  return (await test.query<{ apiKeys: Key[] }>(`{ apiKeys { ${keyFields} } }`)).data.apiKeys
}

const works = async (key: string) => (await test.query('{ exportFormats { id } }', {}, key)).status === 200

it('protects the last good key, which alone it could come in by', async () => {
  const [only] = await list()
  expect(only).toMatchObject({ project: 'default', role: 'admin', revokedAt: null })
  expect((await revoke(only!.id)).code).toBe('CONFLICT')
  expect(await works(test.key())).toBe(true)
})

it('makes a key that works, shows its secret once, and stores none of it', async () => {
  const { key, secret } = await create('for a test')
  expect(key).toMatchObject({ name: 'for a test', project: 'default', role: 'admin', revokedAt: null })
  expect(secret).toMatch(/^evp_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$/)
  expect(secret!.startsWith(key!.prefix)).toBe(true)
  expect(await works(secret!)).toBe(true)
  expect(JSON.stringify(await list())).not.toContain(secret!.slice(13))
  const rows = await test.database.client()`select api_keys::text as row from api_keys`
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

it('refuses requests without a key, and every key that differs in a character, with one answer', async () => {
  const key = test.key()
  const answers = new Set<string>()
  for (let at = 0; at < key.length; at++) {
    const changed = key.slice(0, at) + (key[at] === 'a' ? 'b' : 'a') + key.slice(at + 1)
    const { status, errors } = await test.query('{ exportFormats { id } }', {}, changed)
    expect(status).toBe(401)
    answers.add(JSON.stringify(errors))
  }
  expect(answers.size).toBe(1)
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

it('refuses names of keys and projects that are none', async () => {
  for (const name of ['', 'a\0', 'a\nb', '\ud800', 'x'.repeat(101)]) {
    expect((await create(name)).errors![0]!.extensions['code'], JSON.stringify(name)).toBe('INVALID_INPUT')
  }
  for (const project of ['', 'A', '-a', 'a b', "a'; --", 'x'.repeat(64), '\0']) {
    expect((await create('x', project)).errors![0]!.extensions['code'], project).toBe('INVALID_INPUT')
  }
})

it('lets two revocations at once not end the last two keys', async () => {
  for (const key of await list()) if (!test.key().startsWith(key.prefix)) await revoke(key.id)
  const second = await create('second')
  const first = (await list()).find((key) => test.key().startsWith(key.prefix))!
  const sql = await test.database.client().reserve()
  // What revocations wait for, so that both are under way.
  await sql`begin`
  await sql`select pg_advisory_xact_lock(4600000002)`
  const both = Promise.all([revoke(first.id, second.secret), revoke(second.key!.id)])
  await eventually(async () => {
    const [waiting] = await sql`select count(*)::int as count from pg_locks
      where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`
    return waiting!['count'] === 2
  })
  await sql`commit`
  sql.release()
  expect((await both).map((each) => each.code ?? 'REVOKED').sort()).toEqual(['CONFLICT', 'REVOKED'])
  expect((await test.database.client()`select 1 from api_keys where revoked_at is null`).length).toBe(1)
  await test.database.client()`update api_keys set revoked_at = null where id = ${first.id}`
})
