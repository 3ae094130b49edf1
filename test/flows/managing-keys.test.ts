import { expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { hoursBetween, keyMutations } from '../support/key-mutations.ts'
import { makeKey } from '../support/keys.ts'

const test = useTestApp()
const { create, revoke, update, rotate, list, works, pass } = keyMutations(test)

it('protects the last good operator key, however it would be lost', async () => {
  const [only] = await list()
  expect(only).toMatchObject({ project: 'default', role: 'operator', revokedAt: null, expiresAt: null })
  await create('no help', { role: 'admin' })
  await create('none either, since it ends', { role: 'operator', expires: '1d' })
  await create('nor narrowed', { role: 'operator', scopes: ['projects:manage', 'keys:manage'] })
  expect((await revoke(only!.id)).code).toBe('CONFLICT')
  for (const loss of [{ role: 'admin' }, { scopes: ['projects:manage'] }, { expires: '90d' }]) {
    expect((await update(only!.id, loss)).code, JSON.stringify(loss)).toBe('CONFLICT')
  }
  expect(await works(test.key())).toBe(true)
  expect((await list())[0]).toEqual({ ...only, lastUsedAt: (await list())[0]!.lastUsedAt })
})

it('refuses names of keys that are none', async () => {
  for (const name of ['', 'a\0', 'a\nb', 'a\u0085b', '\ud800', 'x'.repeat(101)]) {
    expect((await create(name)).code, JSON.stringify(name)).toBe('INVALID_INPUT')
  }
  for (const project of ['', 'A', '-a', 'a b', "a'; --", 'x'.repeat(64), '\0']) {
    expect((await create('x', { project })).code, project).toBe('INVALID_INPUT')
  }
})

it('names every problem of an input at once, with what may have been meant', async () => {
  const { code, problems } = await create('', {
    project: 'No',
    role: 'analist',
    scopes: ['record:read', 'records:read'],
    expires: '2001-01-01T00:00:00Z',
  })
  expect(code).toBe('INVALID_INPUT')
  expect(problems.map((each) => each.path)).toEqual([
    ['name'],
    ['project'],
    ['role'],
    ['scopes', '0'],
    ['expires'],
  ])
  expect(problems[2]!.suggestion).toBe('Did you mean analyst?')
  expect(problems[3]!.suggestion).toBe('Did you mean records:read?')
  for (const expires of ['', 'x', '90', '-1d', '0d', '1.5d', '90D', '999999999w', '2026-02-30', 'now']) {
    expect((await create('x', { expires })).problems?.[0]?.path, expires).toEqual(['expires'])
  }
  expect((await create('x', { scopes: [] })).problems[0]!.path).toEqual(['scopes'])
  const beyond = await create('x', { role: 'reader', scopes: ['records:read', 'keys:manage'] })
  expect(beyond.problems.map((each) => each.path)).toEqual([['scopes', '1']])
})

it('takes a time or a length of time as the end of a key', async () => {
  const day = await create('a day', { expires: '1d' })
  expect(hoursBetween(day.key!.createdAt, day.key!.expiresAt!)).toBeCloseTo(24, 2)
  const at = await create('at', { expires: '2099-12-31T23:59:59+01:00' })
  expect(at.key!.expiresAt).toBe('2099-12-31T22:59:59.000000Z')
  expect((await update(at.key!.id, { expires: '2099-01-01' })).key!.expiresAt).toMatch(/^2099-01-01T00:00:00/)
  expect((await update(at.key!.id, { expires: 'never' })).key!.expiresAt).toBeNull()
  expect((await update(at.key!.id, { expires: '1m' })).key!.isGood).toBe(true)
})

it('leaves a narrowed key its scopes alone, at once after a change too', async () => {
  const { key, secret } = await create('narrow', { role: 'admin', scopes: ['records:read', 'exports:read'] })
  const sees = async () =>
    (await test.query<{ viewer: { permissions: string[] } }>('{ viewer { permissions } }', {}, secret!)).data
      .viewer.permissions
  expect(await sees()).toEqual(['records:read', 'exports:read'])
  const { errors } = await test.query('{ apiKeys { id } }', {}, secret!)
  expect(errors![0]!.extensions['code']).toBe('FORBIDDEN')
  // The role alone may not widen what was left of the old one.
  expect((await update(key!.id, { role: 'ingestor' })).problems.map((each) => each.path)).toEqual([
    ['scopes', '0'],
    ['scopes', '1'],
  ])
  expect((await update(key!.id, { role: 'ingestor', scopes: null })).key).toMatchObject({
    role: 'ingestor',
    scopes: null,
  })
  expect(await sees()).toEqual(['records:write'])
  expect((await update(key!.id, { name: 'other' })).key).toMatchObject({ name: 'other', role: 'ingestor' })
})

it('rotates a key: the new one is like it, the old one is good for the overlap', async () => {
  const old = await create('rotated', { role: 'steward', scopes: ['records:read'], expires: '30d' })
  const made = await rotate(old.key!.prefix, { overlap: '1h' })
  const { name, role, scopes, project, expiresAt } = old.key!
  expect(made.key).toMatchObject({ name, role, scopes, project, expiresAt, isGood: true, replacedBy: null })
  expect(made.key!.prefix).not.toBe(old.key!.prefix)
  expect(made.replaced).toMatchObject({ id: old.key!.id, isGood: true, replacedBy: made.key!.id })
  expect(hoursBetween(made.key!.createdAt, made.replaced!.expiresAt!)).toBeCloseTo(1, 2)
  expect([await works(old.secret!), await works(made.secret!)]).toEqual([true, true])
  expect((await rotate(old.key!.id)).code).toBe('CONFLICT')
  expect((await update(old.key!.id, { expires: 'never' })).code).toBe('CONFLICT')
  await pass(old.key!.id)
  expect([await works(old.secret!), await works(made.secret!)]).toEqual([false, true])
  expect((await rotate(old.key!.id)).code).toBe('CONFLICT')
})

it('ends a rotated key at once without an overlap, and never later than it would have ended', async () => {
  const atOnce = await create('at once')
  const next = await rotate(atOnce.key!.id, { overlap: '0' })
  expect([next.replaced!.isGood, await works(atOnce.secret!)]).toEqual([false, false])
  const soon = await create('soon', { expires: '1h' })
  expect((await rotate(soon.key!.id, { overlap: '7d' })).replaced!.expiresAt).toBe(soon.key!.expiresAt)
  for (const overlap of ['', 'x', '-1h', '1y', '999999999d']) {
    expect((await rotate(next.key!.id, { overlap })).problems[0]!.path, overlap).toEqual(['overlap'])
  }
  await revoke(next.key!.id)
  expect((await rotate(next.key!.id)).code).toBe('CONFLICT')
  expect((await update(next.key!.id, { name: 'x' })).code).toBe('CONFLICT')
})

it('lets the last operator key be rotated, since its successor is one', async () => {
  const [first] = await list()
  const next = await rotate(first!.id, { overlap: '1h' })
  expect(next.key).toMatchObject({ role: 'operator', isGood: true, expiresAt: null })
  expect((await revoke(next.key!.id)).code).toBe('CONFLICT')
  await test.database.client()`update principals set expires_at = null where id = ${first!.id}`
  await test.database.client()`update api_keys set replaced_by = null where id = ${first!.id}`
})

it('shows operators the keys of all projects, and admins those of their own alone', async () => {
  const { key, secret } = await makeKey(test, { project: 'elsewhere', role: 'admin' })
  expect((await list()).map((each) => each.project)).toEqual(expect.arrayContaining(['default', 'elsewhere']))
  expect((await list(secret)).map((each) => each.id)).toEqual([key.id])
})

it('tells an admin nothing of the keys and names of other projects', async () => {
  const { secret } = await makeKey(test, { project: 'elsewhere', role: 'admin' })
  const theirs = (await create('theirs')).key!
  for (const does of [
    (key: string) => revoke(key, secret),
    (key: string) => rotate(key, {}, secret),
    (key: string) => update(key, { name: 'x' }, secret),
  ]) {
    const answers = []
    for (const key of [theirs.id, '00000000-0000-7000-8000-000000000000']) {
      const { code, errors } = await does(key)
      answers.push([code, errors![0]!.message.replace(key, 'KEY')])
    }
    expect(answers[0]![0]).toBe('NOT_FOUND')
    expect(answers[0]).toEqual(answers[1])
  }
  const named = await create('x', { project: 'default' }, secret)
  const unnamed = await create('x', { project: 'is-none' }, secret)
  expect([named.code, unnamed.code]).toEqual(['FORBIDDEN', 'FORBIDDEN'])
  expect(named.errors).toEqual(unnamed.errors)
  const operators = await create('x', { project: 'is-none' })
  expect(operators.code).toBe('NOT_FOUND')
  expect(operators.errors![0]!.extensions['hint']).toContain('evalport project create is-none')
})
