import { CloseCode } from 'graphql-ws'
import { expect, it } from 'vitest'
import { assignRole, removeRole } from '../../src/accounts/members.ts'
import { atOnce } from '../support/at-once.ts'
import { runCli } from '../support/cli.ts'
import { startExport } from '../support/exports.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import {
  jobUpdates,
  lastingSocketClient,
  openStream,
  socketClient,
  streamAnswers,
} from '../support/subscriptions.ts'
import { now, useTokenTest } from '../support/tokens.ts'
import { eventually } from '../support/worker.ts'

const { test, telling, silent, good, whoIs } = await useTokenTest()

it('refuses a subject without a role, and says how to give it one', async () => {
  telling.claims = { evalport: { roles: ['others'] }, project: 'default' }
  const answer = await whoIs(await telling.token('robot'))
  expect(answer).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  expect(answer.message).toBe(`The subject "robot" of ${telling.issuer} has no role here.`)
  const command = `evalport project assign "robot" --issuer ${telling.issuer} --role reader`
  expect(answer).toMatchObject({ hint: expect.stringContaining(command) as string })
  telling.claims = { evalport: { roles: ['viewers'] }, project: 'nowhere' }
  expect(await whoIs(await telling.token('robot'))).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  const known = await test.database.client()`select 1 from members where subject = 'robot'`
  expect(known).toHaveLength(0)
})

it('makes one member of a subject at first sight, however many tokens come at once', async () => {
  const token = await telling.token('newcomer')
  const answers = await atOnce(
    test,
    Array.from({ length: 8 }, () => () => whoIs(token)),
  )
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 'fulfilled', value: { status: 200, role: 'analyst' } })
  }
  const rows = await test.database.client()`select role_source from members where subject = 'newcomer'`
  expect(rows).toMatchObject([{ role_source: 'claims' }])
  const orphans = await test.database.client()`select 1 from principals p where kind = 'member'
    and not exists (select from members m where m.id = p.id)`
  expect(orphans).toHaveLength(0)
})

it('follows the role that tokens tell, unless one was assigned or taken away here', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  const who = { issuer: telling.issuer, subject: 'service' }
  const role = async () => (await whoIs(await telling.token())).role
  expect(await role()).toBe('analyst')
  telling.claims['evalport'] = { roles: ['viewers'] }
  expect(await role()).toBe('reader')
  await assignRole(db, operator, { ...who, role: 'steward' })
  expect(await role()).toBe('steward')
  telling.claims['evalport'] = {}
  expect(await role()).toBe('steward')
  await removeRole(db, operator, who)
  telling.claims['evalport'] = { roles: ['platform'] }
  expect(await whoIs(await telling.token())).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  await assignRole(db, operator, { ...who, role: 'ingestor' })
  expect(await role()).toBe('ingestor')
  await test.database.client()`update members set role_source = 'claims' where subject = 'service'`
})

it('finds the project of a subject by where it is a member, and asks when there are several', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  const who = { issuer: silent.issuer, subject: 'service' }
  const token = await silent.token()
  expect(await whoIs(token)).toMatchObject({ status: 403 })
  await assignRole(db, operator, { ...who, role: 'reader', project: 'second' })
  expect(await whoIs(token)).toMatchObject({ status: 200, project: 'second', role: 'reader' })
  await assignRole(db, operator, { ...who, role: 'analyst' })
  await makeKey(test, { project: 'third' })
  const asked = await whoIs(token)
  expect(asked).toMatchObject({ status: 400, code: 'INVALID_INPUT' })
  expect(asked).toMatchObject({
    hint: expect.stringMatching(/Yours: (second, default|default, second)\.$/) as string,
  })
  expect(await whoIs(token, 'default')).toMatchObject({ project: 'default', role: 'analyst' })
  expect(await whoIs(token, 'second')).toMatchObject({ project: 'second', role: 'reader' })
  const third = await whoIs(token, 'third')
  expect(third).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  expect(third).toEqual(await whoIs(token, 'is-none'))
  expect(JSON.stringify(third)).not.toContain('third')
  const client = socketClient(test, token, { project: 'second' })
  expect((await client.iterate({ query: '{ viewer { project } }' }).next()).value).toEqual({
    data: { viewer: { project: 'second' } },
  })
  await client.dispose()
  await expect(
    socketClient(test, token).iterate({ query: '{ viewer { project } }' }).next(),
  ).rejects.toMatchObject({ code: CloseCode.BadRequest })
})

it('ends sockets and streams with the token, and with the membership', async () => {
  telling.claims = { evalport: { roles: ['evaluators'] }, project: 'default' }
  const { id } = await startExport(test, { source: { evaluationResults: { fields: ['ID'] } }, format: 'CSV' })
  const open = async (token: string) => {
    const stream = streamAnswers(await openStream(test, id, { key: token }))
    await stream.next()
    const client = lastingSocketClient(test, token)
    const closed = new Promise<number>((resolve) =>
      client.on('closed', (event) => resolve((event as CloseEvent).code)),
    )
    const answers = client.iterate({ query: jobUpdates, variables: { id } })
    await answers.next()
    answers.next().catch(() => {})
    return { stream, closed }
  }
  const short = await open(await telling.sign(good({ sub: 'short', exp: now() + 3 })))
  expect(await short.closed).toBe(CloseCode.Forbidden)
  expect((await short.stream.next()).value).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
  const removed = await open(await telling.sign(good({ sub: 'removed' })))
  await removeRole(test.app().db, await callerOf(test), { issuer: telling.issuer, subject: 'removed' })
  expect(await removed.closed).toBe(CloseCode.Forbidden)
  expect((await removed.stream.next()).value).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  })
})

it('tells open connections of a role that a new token tells', async () => {
  const client = lastingSocketClient(test, await telling.sign(good({ sub: 'changing' })))
  const role = async () => (await client.iterate({ query: '{ viewer { role } }' }).next()).value
  expect(await role()).toEqual({ data: { viewer: { role: 'analyst' } } })
  const heard = new Promise<void>((resolve) => {
    void test.database.client().listen('evalport_principals', () => resolve())
  })
  await eventually(async () => {
    const listening = await test.database.client()`select 1 from pg_stat_activity
      where datname = current_database() and query ilike 'listen "evalport_principals"%'`
    return listening.length === 2
  })
  await whoIs(await telling.sign(good({ sub: 'changing', evalport: { roles: ['viewers'] } })))
  await heard
  expect(await role()).toEqual({ data: { viewer: { role: 'reader' } } })
  await client.dispose()
})

it('takes a token from the command line as it takes a key', async () => {
  const { db } = test.app()
  const who = { issuer: silent.issuer, subject: 'robot' }
  for (const [project, role] of [
    ['default', 'reader'],
    ['second', 'admin'],
  ] as const) {
    await assignRole(db, await callerOf(test), { ...who, role, project })
  }
  const env = { EVALPORT_URL: test.url(), EVALPORT_API_KEY: await silent.token('robot') }
  const undecided = await runCli(['whoami'], { env })
  expect([undecided.code, undecided.stderr.includes('set EVALPORT_PROJECT')]).toEqual([2, true])
  const { stdout } = await runCli(['whoami', '--json'], { env: { ...env, EVALPORT_PROJECT: 'second' } })
  expect(JSON.parse(stdout)).toMatchObject({ kind: 'member', project: 'second', role: 'admin' })
  const elsewhere = await runCli(['whoami'], { env: { ...env, EVALPORT_PROJECT: 'third' } })
  expect(elsewhere).toMatchObject({ code: 5, stdout: '' })
})
