import { expect, it } from 'vitest'
import { rotateKey, revokeKey, updateKey } from '../../src/accounts/change-keys.ts'
import { createKey } from '../../src/accounts/keys.ts'
import { assignRole, removeRole } from '../../src/accounts/members.ts'
import type { Caller } from '../../src/core/caller.ts'
import { useTestApp } from '../support/app.ts'
import { callerOf, makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })
const issuer = 'https://issuer.example'

/** `ok`, or the code of a refusal, which must say what to do. */
async function fate(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: { code?: string; hint?: string }) => {
      if (!error.code) throw error
      expect(error.hint).toMatch(/end|last/)
      return error.code
    },
  )
}

async function expiring(role: 'admin' | 'operator' = 'admin') {
  const { key, secret } = await makeKey(test, { role, expires: '2d' })
  return { key, caller: await callerOf(test, secret) }
}

it.each(['admin', 'operator'] as const)(
  'lets an expiring %s key make none that lasts longer',
  async (role) => {
    const { db } = test.app()
    const { caller } = await expiring(role)
    const make = (expires?: string) => fate(createKey(db, caller, { name: 'heir', role: 'reader', expires }))
    expect(await Promise.all([make(), make('never'), make('3d')])).toEqual(
      Array.from({ length: 3 }, () => 'FORBIDDEN'),
    )
    expect(await Promise.all([make('1d'), make(caller.expiresAt!)])).toEqual(['ok', 'ok'])
  },
)

it('lets an expiring key put off no end, its own least of all', async () => {
  const { db } = test.app()
  const { key, caller } = await expiring()
  const put = (id: string, expires: string) => fate(updateKey(db, caller, id, { expires }))
  expect(await put(key.id, 'never')).toBe('FORBIDDEN')
  expect(await put(key.id, '3d')).toBe('FORBIDDEN')
  const short = await createKey(db, caller, { name: 'short', role: 'admin', expires: '1d' })
  const heir = await callerOf(test, short.secret)
  expect(await fate(updateKey(db, heir, short.key.id, { expires: '36h' }))).toBe('FORBIDDEN')
  expect(await fate(updateKey(db, heir, key.id, { name: 'x' }))).toBe('ok')
  expect(await put(short.key.id, '36h')).toBe('ok')
  expect(await put(short.key.id, 'never')).toBe('FORBIDDEN')
  expect(await put(key.id, '1d')).toBe('ok')
})

it('lets an expiring key give nothing to a key that lasts longer, nor learn the secret of one', async () => {
  const { db } = test.app()
  const { key, caller } = await expiring()
  const lasting = (await makeKey(test, { role: 'analyst' })).key.id
  expect(await fate(updateKey(db, caller, lasting, { role: 'admin' }))).toBe('FORBIDDEN')
  expect(await fate(rotateKey(db, caller, lasting, '0'))).toBe('FORBIDDEN')
  expect(await fate(updateKey(db, caller, lasting, { scopes: ['records:read'] }))).toBe('ok')
  expect(await fate(updateKey(db, caller, lasting, { scopes: null }))).toBe('FORBIDDEN')
  expect(await fate(updateKey(db, caller, lasting, { name: 'narrow' }))).toBe('ok')
  expect(await fate(updateKey(db, caller, lasting, { expires: '30d' }))).toBe('ok')
  expect(await fate(updateKey(db, caller, lasting, { expires: '31d' }))).toBe('FORBIDDEN')
  expect(await fate(revokeKey(db, caller, lasting))).toBe('ok')
  const { expiresAt } = (await rotateKey(db, caller, key.id, '1h')).key
  expect(expiresAt).toBe(key.expiresAt)
})

it('lets an expiring key make nobody a member who was none, and take roles away', async () => {
  const { db } = test.app()
  const { caller } = await expiring()
  const who = { issuer, subject: 'heir' }
  const give = (by: Caller, role: string) => fate(assignRole(db, by, { ...who, role }))
  expect(await give(caller, 'reader')).toBe('FORBIDDEN')
  const operator = await callerOf(test)
  expect(await give(operator, 'analyst')).toBe('ok')
  expect([await give(caller, 'admin'), await give(caller, 'steward')]).toEqual(['FORBIDDEN', 'FORBIDDEN'])
  expect(await give(caller, 'reader')).toBe('ok')
  expect(await fate(removeRole(db, caller, who))).toBe('ok')
  expect(await give(caller, 'reader')).toBe('FORBIDDEN')
  // What claims tell ends with them; what is assigned does not.
  await give(operator, 'analyst')
  await test.database.client()`update members set role_source = 'claims' where subject = 'heir'`
  expect(await give(caller, 'reader')).toBe('FORBIDDEN')
})

it('lets a member give what does not end, since its membership does not, though its token does', async () => {
  const { db } = test.app()
  const member = await assignRole(db, await callerOf(test), { issuer, subject: 'admin', role: 'admin' })
  const { principalId, projectId, projectName, permissions } = await callerOf(
    test,
    (await makeKey(test, { role: 'admin' })).secret,
  )
  expect(principalId).not.toBe(member.id)
  const expiresAt = new Date(Date.now() + 600_000).toISOString().replace('Z', '000Z')
  const caller: Caller = {
    principalId: member.id,
    kind: 'member',
    name: 'admin',
    role: 'admin',
    projectId,
    projectName,
    permissions,
    expiresAt, // prettier-ignore
  }
  expect(await fate(createKey(db, caller, { name: 'lasting', role: 'admin' }))).toBe('ok')
  expect(await fate(assignRole(db, caller, { issuer, subject: 'second', role: 'admin' }))).toBe('ok')
})
