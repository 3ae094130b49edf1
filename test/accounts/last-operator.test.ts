import fc from 'fast-check'
import { expect, it } from 'vitest'
import { revokeKey, rotateKey, updateKey } from '../../src/accounts/change-keys.ts'
import type { Caller } from '../../src/core/caller.ts'
import type { Db } from '../../src/db/connection.ts'
import { useTestApp } from '../support/app.ts'
import { atOnce } from '../support/at-once.ts'
import { callerOf, makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })

const losses: Record<string, (db: Db, caller: Caller, id: string) => Promise<unknown>> = {
  revoke: (db, caller, id) => revokeKey(db, caller, id),
  expire: (db, caller, id) => updateKey(db, caller, id, { expires: '1h' }),
  demote: (db, caller, id) => updateKey(db, caller, id, { role: 'admin' }),
  narrow: (db, caller, id) => updateKey(db, caller, id, { scopes: ['projects:manage', 'keys:manage'] }),
  rotate: (db, caller, id) => rotateKey(db, caller, id, '0'),
}

/** Good operator keys that nothing ends by itself. */
async function lasting(): Promise<string[]> {
  const rows = await test.database.client()<{ id: string }[]>`select id from principals where kind = 'key'
    and role = 'operator' and scopes is null and revoked_at is null and expires_at is null`
  return rows.map((row) => row.id)
}

async function restore(id: string): Promise<void> {
  const sql = test.database.client()
  await sql`update principals set revoked_at = null, expires_at = null, role = 'operator', scopes = null where id = ${id}`
  await sql`update api_keys set replaced_by = null where id = ${id}`
}

/** What became of each of the changes, made all at once. */
async function fatesOf(calls: readonly (() => Promise<unknown>)[]): Promise<string[]> {
  return (await atOnce(test, calls)).map((each) =>
    each.status === 'fulfilled' ? 'ok' : ((each.reason as { code?: string }).code ?? String(each.reason)),
  )
}

it('keeps a lasting operator key, whatever is done to all of them at once', async () => {
  const { db } = test.app()
  const first = await callerOf(test)
  const deed = fc.record({
    how: fc.constantFrom(...Object.keys(losses)),
    target: fc.nat(2),
    by: fc.nat(2),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 2, maxLength: 5 }), async (plan) => {
      await restore(first.principalId)
      const others = [await makeKey(test, { role: 'operator' }), await makeKey(test, { role: 'operator' })]
      const keys = [first, ...(await Promise.all(others.map(({ secret }) => callerOf(test, secret))))]
      const fates = await fatesOf(
        plan.map(
          ({ how, target, by }) =>
            () =>
              losses[how]!(db, keys[by]!, keys[target]!.principalId),
        ),
      )
      expect((await lasting()).length, fates.join()).toBeGreaterThan(0)
      // A narrowed key cannot be made admin without new scopes.
      const known = ['ok', 'CONFLICT', 'UNAUTHENTICATED', 'FORBIDDEN', 'INVALID_INPUT']
      expect(fates.filter((each) => !known.includes(each))).toEqual([])
      await test.database.client()`update principals set revoked_at = now() where id <> ${first.principalId}`
    }),
    { numRuns: 25 },
  )
  await restore(first.principalId)
})

it('lets only one of two operators end the other', async () => {
  const { db } = test.app()
  const [a, b] = [
    await callerOf(test, (await makeKey(test, { role: 'operator' })).secret),
    await callerOf(test, (await makeKey(test, { role: 'operator' })).secret),
  ]
  const fates = await fatesOf([() => revokeKey(db, a, b.principalId), () => revokeKey(db, b, a.principalId)])
  expect(fates.toSorted()).toEqual(['UNAUTHENTICATED', 'ok'])
})

it('rotates a key once, however often it is asked to at once', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  const { key } = await makeKey(test)
  const fates = await fatesOf(Array.from({ length: 4 }, () => () => rotateKey(db, operator, key.id, '1h')))
  expect(fates.toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'ok'])
  const successors = await test.database.client()`
    select k.id from api_keys k join api_keys old on old.replaced_by = k.id where old.id = ${key.id}`
  expect(successors).toHaveLength(1)
})
