import { CloseCode } from 'graphql-ws'
import type { JWTPayload } from 'jose'
import { expect, it } from 'vitest'
import { callerOfPrincipal } from '../../src/access/callers.ts'
import { assignRole, removeRole } from '../../src/accounts/members.ts'
import { callerOf } from '../support/keys.ts'
import { lastingSocketClient } from '../support/subscriptions.ts'
import { now, useTokenTest } from '../support/tokens.ts'

const { test, telling, good, whoIs } = await useTokenTest()
const start = now() - 300

/** A token that was made so many seconds after others. */
const tokenAt = (seconds: number, sub: string, roles: string[], more: JWTPayload = {}) =>
  telling.sign(good({ sub, iat: start + seconds, evalport: { roles }, ...more }))

async function principalOf(subject: string, project = 'default'): Promise<string> {
  const [row] = await test.database.client()<{ id: string }[]>`
    select m.id from members m join projects p on p.id = m.project_id
    where m.subject = ${subject} and p.name = ${project}`
  return row!.id
}
const isGood = async (subject: string, project?: string) =>
  (await callerOfPrincipal(test.app().db, await principalOf(subject, project))) !== undefined

it('withdraws a role here when the newest token tells none, at once for all that is open', async () => {
  const old = await tokenAt(0, 'left', ['platform'])
  const client = lastingSocketClient(test, old)
  const closed = new Promise<number>((resolve) => {
    client.on('closed', (event) => resolve((event as CloseEvent).code))
  })
  await client.iterate({ query: '{ viewer { role } }' }).next()
  expect(await whoIs(await tokenAt(10, 'left', ['others']))).toMatchObject({ status: 403 })
  expect(await closed).toBe(CloseCode.Forbidden)
  expect(await isGood('left')).toBe(false)
  // What was made before, or when, it was withdrawn brings it back no more.
  expect(await whoIs(old)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  expect(await whoIs(await tokenAt(9, 'left', ['viewers']))).toMatchObject({ status: 403 })
  expect(await isGood('left')).toBe(false)
  expect(await whoIs(await tokenAt(20, 'left', ['viewers']))).toMatchObject({ status: 200, role: 'reader' })
  expect(await isGood('left')).toBe(true)
})

it('lets an older token take nothing away and bring nothing back', async () => {
  expect(await whoIs(await tokenAt(10, 'steady', ['evaluators']))).toMatchObject({ role: 'analyst' })
  // The newest is remembered, though it tells the same.
  expect(await whoIs(await tokenAt(30, 'steady', ['evaluators']))).toMatchObject({ role: 'analyst' })
  expect(await whoIs(await tokenAt(20, 'steady', []))).toMatchObject({ status: 403 })
  expect(await isGood('steady')).toBe(true)
  expect(await whoIs(await tokenAt(20, 'steady', ['platform']))).toMatchObject({ role: 'analyst' })
  expect(await whoIs(await tokenAt(20, 'steady', ['viewers']))).toMatchObject({ role: 'reader' })
  expect(await whoIs(await tokenAt(30, 'steady', ['evaluators']))).toMatchObject({ role: 'analyst' })
  // One that says not when it was made is no newer than one that does.
  expect(await whoIs(await telling.sign(good({ sub: 'steady', evalport: {} })))).toMatchObject({
    status: 403,
  })
  expect(await isGood('steady')).toBe(true)
})

it('remembers the newest token of a role that is withdrawn already', async () => {
  await whoIs(await tokenAt(0, 'long gone', ['viewers']))
  await whoIs(await tokenAt(10, 'long gone', []))
  await whoIs(await tokenAt(30, 'long gone', []))
  expect(await whoIs(await tokenAt(20, 'long gone', ['viewers']))).toMatchObject({ status: 403 })
})

it('takes no time to come for the newest', async () => {
  await whoIs(await tokenAt(1e9, 'ahead', ['viewers']))
  expect(await whoIs(await tokenAt(0, 'ahead', [], { iat: now() + 1 }))).toMatchObject({ status: 403 })
  expect(await isGood('ahead')).toBe(false)
})

it('withdraws the role in projects that the newest token does not list any more', async () => {
  await whoIs(await tokenAt(0, 'moved', ['viewers'], { project: ['default', 'second'] }), 'default')
  await whoIs(await tokenAt(0, 'moved', ['viewers'], { project: ['default', 'second'] }), 'second')
  expect([await isGood('moved'), await isGood('moved', 'second')]).toEqual([true, true])
  expect(await whoIs(await tokenAt(10, 'moved', ['viewers'], { project: ['second'] }))).toMatchObject({
    project: 'second',
  })
  expect([await isGood('moved'), await isGood('moved', 'second')]).toEqual([false, true])
  expect(await whoIs(await tokenAt(20, 'moved', ['viewers'], { project: undefined }))).toMatchObject({
    status: 403,
  })
  expect(await isGood('moved', 'second')).toBe(false)
})

it('takes a token of one project to say nothing of another, unless it is used for that', async () => {
  await whoIs(await tokenAt(0, 'two tokens', ['viewers']))
  const other = await tokenAt(10, 'two tokens', ['viewers'], { project: 'second' })
  expect(await whoIs(other)).toMatchObject({ project: 'second' })
  expect(await isGood('two tokens')).toBe(true)
  expect(await whoIs(other, 'default')).toMatchObject({ status: 403 })
  expect([await isGood('two tokens'), await isGood('two tokens', 'second')]).toEqual([false, true])
})

it('holds what was decided here against all that is withdrawn and told', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  const who = { issuer: telling.issuer, subject: 'decided' }
  await whoIs(await tokenAt(0, 'decided', ['platform']))
  await whoIs(await tokenAt(10, 'decided', []))
  const removed = await removeRole(db, operator, who)
  expect(removed.removedAt).not.toBeNull()
  expect(await whoIs(await tokenAt(20, 'decided', ['platform']))).toMatchObject({ status: 403 })
  await assignRole(db, operator, { ...who, role: 'steward' })
  expect(await whoIs(await tokenAt(30, 'decided', []))).toMatchObject({ status: 200, role: 'steward' })
  expect(await isGood('decided')).toBe(true)
})
