import { CloseCode } from 'graphql-ws'
import { expect, it } from 'vitest'
import { authenticate, authenticateAgain } from '../../src/access/authenticate.ts'
import { callerOfPrincipal } from '../../src/access/callers.ts'
import { watchCaller } from '../../src/access/watch-caller.ts'
import { createKey } from '../../src/accounts/keys.ts'
import { assignRole } from '../../src/accounts/members.ts'
import { roles } from '../../src/core/roles.ts'
import { callerOf } from '../support/keys.ts'
import { lastingSocketClient } from '../support/subscriptions.ts'
import { useTokenTest } from '../support/tokens.ts'
import { eventually } from '../support/worker.ts'

const { test, telling, good, whoIs } = await useTokenTest()

const tokenOf = (sub: string, ...told: string[]) => telling.sign(good({ sub, evalport: { roles: told } }))
const makesKey = 'mutation { createApiKey(input: { name: "stolen", role: "admin" }) { secret key { role } } }'

it('gives an open socket nothing of what a stronger token of the same subject says', async () => {
  const [weak, strong] = [await tokenOf('both', 'viewers'), await tokenOf('both', 'platform')]
  const client = lastingSocketClient(test, weak)
  const ask = async (query: string) => (await client.iterate({ query }).next()).value
  const viewer = '{ viewer { role permissions expiresAt } }'
  const before = await ask(viewer)
  expect(before).toMatchObject({ data: { viewer: { role: 'reader', permissions: roles.reader } } })
  expect(await whoIs(strong)).toMatchObject({ role: 'admin' })
  expect(await ask(viewer)).toEqual(before)
  expect(await ask(makesKey)).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  expect(await ask('{ agentInteractions { nodes { request } } }')).toMatchObject({
    errors: [{ extensions: { code: 'FIELD_FORBIDDEN' } }],
  })
  await client.dispose()
})

it('lets what a socket may shrink with the role and come back with it, never beyond its token', async () => {
  const client = lastingSocketClient(test, await tokenOf('shrinking', 'evaluators'))
  const role = async () =>
    ((await client.iterate({ query: '{ viewer { role } }' }).next()).value as { data: unknown }).data
  const seen = [await role()]
  for (const told of ['viewers', 'evaluators', 'platform']) {
    await whoIs(await tokenOf('shrinking', told))
    seen.push(await role())
  }
  expect(seen).toEqual(
    ['analyst', 'reader', 'analyst', 'analyst'].map((each) => ({ viewer: { role: each } })),
  )
  await client.dispose()
})

it('tells a watch, and a change in its transaction, no more than the caller was let in with', async () => {
  const app = test.app()
  const weak = await authenticate(app, `Bearer ${await tokenOf('watched', 'viewers')}`)
  const seen: string[] = []
  const stop = watchCaller(app, weak, {
    changed: (now) => void seen.push(now.permissions.join()),
    ended: (why) => void seen.push(why.code),
  })
  await eventually(() => seen.length === 1)
  await whoIs(await tokenOf('watched', 'platform'))
  await eventually(() => seen.length === 2)
  stop()
  expect(new Set(seen)).toEqual(new Set([roles.reader.join()]))
  expect(await authenticateAgain(app.db, weak)).toEqual(weak)
  // As if its token had told only this much of what its row has by now.
  const narrow = {
    ...(await callerOfPrincipal(app.db, weak.principalId))!,
    permissions: ['keys:manage'] as const,
  }
  await expect(createKey(app.db, narrow, { name: 'k', role: 'reader' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
})

it('keeps a role that was assigned here from growing over an open socket, and gives it to the next', async () => {
  const client = lastingSocketClient(test, await tokenOf('assigned', 'viewers'))
  const role = async () => (await client.iterate({ query: '{ viewer { role } }' }).next()).value
  expect(await role()).toEqual({ data: { viewer: { role: 'reader' } } })
  const who = { issuer: telling.issuer, subject: 'assigned' }
  await assignRole(test.app().db, await callerOf(test), { ...who, role: 'steward' })
  expect(await role()).toEqual({ data: { viewer: { role: 'reader' } } })
  expect(await whoIs(await tokenOf('assigned', 'viewers'))).toMatchObject({ role: 'steward' })
  const closed = new Promise<number>((resolve) => {
    client.on('closed', (event) => resolve((event as CloseEvent).code))
  })
  await test.database.client()`update principals set revoked_at = now()
    where id = (select id from members where subject = 'assigned')`
  await client
    .iterate({ query: '{ viewer { role } }' })
    .next()
    .catch(() => {})
  expect(await closed).toBe(CloseCode.Forbidden)
})
