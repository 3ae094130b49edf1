import { expect, it } from 'vitest'
import { callerOfPrincipal } from '../../src/access/callers.ts'
import { assignRole, listMembers, removeRole } from '../../src/accounts/members.ts'
import { useTestApp } from '../support/app.ts'
import { callerOf, makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })
const ada = { issuer: 'https://issuer.example/', subject: 'ada' }

it('gives a role, another one, takes it away and gives it back, each at once', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  const first = await assignRole(db, operator, { ...ada, role: 'reader', name: 'Ada L.' })
  expect(first).toMatchObject({ ...ada, name: 'Ada L.', project: 'default', role: 'reader' })
  expect(first).toMatchObject({ roleSource: 'assigned', lastUsedAt: null, removedAt: null })
  const now = () => callerOfPrincipal(db, first.id)
  expect(await now()).toMatchObject({ kind: 'member', role: 'reader', expiresAt: null })
  expect((await assignRole(db, operator, { ...ada, role: 'steward' })).id).toBe(first.id)
  expect(await now()).toMatchObject({ role: 'steward', name: 'Ada L.' })
  const removed = await removeRole(db, operator, ada)
  expect(removed.removedAt).not.toBeNull()
  expect(await now()).toBeUndefined()
  expect(await removeRole(db, operator, ada)).toEqual(removed)
  await assignRole(db, operator, { ...ada, role: 'analyst' })
  expect(await now()).toMatchObject({ role: 'analyst', principalId: first.id })
  expect(await listMembers(db, operator)).toMatchObject([{ id: first.id, removedAt: null }])
})

it('keeps the roles of one subject in several projects apart, and those of issuers that are alike', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  await makeKey(test, { project: 'second' })
  const here = await assignRole(db, operator, { ...ada, role: 'reader' })
  const there = await assignRole(db, operator, { ...ada, role: 'admin', project: 'second' })
  const otherIssuer = await assignRole(db, operator, {
    ...ada,
    issuer: 'https://issuer.example',
    role: 'ingestor',
  })
  expect(new Set([here.id, there.id, otherIssuer.id]).size).toBe(3)
  await removeRole(db, operator, { ...ada, project: 'second' })
  expect(await callerOfPrincipal(db, here.id)).toMatchObject({ role: 'reader' })
  expect((await listMembers(db, operator, 'second')).map((each) => each.id)).toEqual([there.id])
})

it('names every problem at once, and nobody who is no member', async () => {
  const { db } = test.app()
  const operator = await callerOf(test)
  await expect(
    assignRole(db, operator, {
      issuer: 'http://elsewhere.example',
      subject: 'a\0',
      role: 'steword',
      name: '',
      project: 'X',
    }),
  ).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    problems: [
      { path: ['role'], suggestion: 'Did you mean steward?' },
      { path: ['name'] },
      { path: ['project'] },
      { path: ['subject'] },
      { path: ['issuer'] },
    ],
  })
  await expect(removeRole(db, operator, { ...ada, subject: 'nobody' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  })
  for (const issuer of [
    '',
    'x',
    'https://a:b@c.example',
    'https://c.example/#x',
    'ftp://c.example',
    'https://c.example/\0',
    ' https://c.example',
    'https://c.example/\u4e00',
    'https://c.example/?a',
    `https://c.example/${'x'.repeat(500)}`,
  ]) {
    await expect(removeRole(db, operator, { ...ada, issuer })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    })
  }
})
