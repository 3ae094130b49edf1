import { beforeAll, expect, it } from 'vitest'
import { revokeKey, rotateKey, updateKey } from '../../src/accounts/change-keys.ts'
import { createKey, listKeys, type NewApiKey } from '../../src/accounts/keys.ts'
import { assignRole, listMembers, removeRole } from '../../src/accounts/members.ts'
import { createProject, listProjects, renameProject } from '../../src/accounts/projects.ts'
import { permissionsOf } from '../../src/access/callers.ts'
import type { Caller } from '../../src/core/caller.ts'
import { roleNames, roles, type Permission, type Role } from '../../src/core/roles.ts'
import type { Db } from '../../src/db/connection.ts'
import { useTestApp } from '../support/app.ts'
import { callerOf, makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })
const issuer = 'https://issuer.example'

/** What became of a call: `ok`, or the code of its refusal. */
async function fate(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: { code?: string }) => {
      if (!error.code) throw error
      return error.code
    },
  )
}

let db: Db
const callers = {} as Record<Role, Caller>
beforeAll(async () => {
  db = test.app().db
  await makeKey(test, { project: 'other' })
  for (const role of roleNames) callers[role] = await callerOf(test, (await makeKey(test, { role })).secret)
})

let made = 0
const newName = () => `p${++made}`
const target = (role: Role, project?: string): Promise<NewApiKey> => makeKey(test, { role, project })
const member = async (role: Role, project?: string) => {
  const subject = `subject ${++made}`
  await assignRole(db, await callerOf(test), { issuer, subject, role, project })
  return { issuer, subject, project }
}

type Deed = (caller: Caller, role: Role, project?: string) => Promise<unknown>

/** Every management operation, on something of a role in a project; undefined: the caller's own. */
const deeds: Record<string, Deed> = {
  'make a key': (caller, role, project) => createKey(db, caller, { name: 'k', role, project }),
  'rename a key': async (caller, role, project) =>
    updateKey(db, caller, (await target(role, project)).key.id, { name: 'x' }),
  'raise a key': async (caller, role, project) =>
    updateKey(db, caller, (await makeKey(test, { role: 'ingestor', project })).key.id, { role }),
  'lower a key': async (caller, role, project) =>
    updateKey(db, caller, (await target(role, project)).key.id, { role: 'ingestor' }),
  'rotate a key': async (caller, role, project) =>
    rotateKey(db, caller, (await target(role, project)).key.id, '0'),
  'revoke a key': async (caller, role, project) =>
    revokeKey(db, caller, (await target(role, project)).key.id),
  'assign a role': (caller, role, project) =>
    assignRole(db, caller, { issuer, subject: `new ${++made}`, role, project }),
  'raise a member': async (caller, role, project) =>
    assignRole(db, caller, { ...(await member('ingestor', project)), role }),
  'lower a member': async (caller, role, project) =>
    assignRole(db, caller, { ...(await member(role, project)), role: 'ingestor' }),
  'remove a member': async (caller, role, project) => removeRole(db, caller, await member(role, project)),
}
const ofKeys = Object.keys(deeds).filter((deed) => deed.endsWith('a key'))

it.each(Object.keys(deeds))('%s: to whom, by whom, where', async (deed) => {
  const results: Record<string, string> = {}
  const right: Record<string, string> = {}
  for (const by of roleNames) {
    for (const to of roleNames) {
      for (const project of [undefined, 'other']) {
        const name = `${by} ${deed} ${to} ${project ?? 'own'}`
        results[name] = await fate(deeds[deed]!(callers[by], to, project))
        const may = by === 'admin' || by === 'operator'
        const reaches = project === undefined || by === 'operator'
        // Of another project, keys are not even there; its name may not be used, whether there is such a project or not.
        const beyond = by === 'admin' && to === 'operator'
        const unseen = ofKeys.includes(deed) && deed !== 'make a key' ? 'NOT_FOUND' : 'FORBIDDEN'
        right[name] = !may ? 'FORBIDDEN' : !reaches ? unseen : beyond ? 'FORBIDDEN' : 'ok'
      }
    }
  }
  expect(results).toEqual(right)
})

it('lets lists and projects be seen and made by those who may', async () => {
  const results: Record<string, string[]> = {}
  for (const by of roleNames) {
    const caller = callers[by]
    const old = newName()
    await createProject(db, await callerOf(test), old)
    results[by] = [
      await fate(listKeys(db, caller)),
      await fate(listMembers(db, caller)),
      await fate(listMembers(db, caller, 'other')),
      await fate(createProject(db, caller, newName())),
      await fate(renameProject(db, caller, old, newName())),
      String((await listProjects(db, caller)).length > 1),
    ]
  }
  const none = ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'false']
  expect(results).toEqual({
    ...Object.fromEntries(roleNames.map((role) => [role, none])),
    admin: ['ok', 'ok', 'FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN', 'false'],
    operator: ['ok', 'ok', 'ok', 'ok', 'ok', 'true'],
  })
})

it('lets nobody give what the scopes of their own key leave out', async () => {
  const scopes: Permission[] = ['keys:manage', 'members:manage', 'records:read']
  const { secret } = await makeKey(test, { role: 'admin', scopes })
  const narrow = await callerOf(test, secret)
  expect(narrow.permissions.toSorted()).toEqual(scopes.toSorted())
  for (const role of roleNames) {
    const rest = permissionsOf(role, scopes)
    const whole = rest.length === roles[role].length
    expect(await fate(createKey(db, narrow, { name: 'k', role })), role).toBe(whole ? 'ok' : 'FORBIDDEN')
    if (rest.length > 0) {
      expect(await fate(createKey(db, narrow, { name: 'k', role, scopes: rest })), role).toBe('ok')
      const { key } = await createKey(db, narrow, { name: 'k', role, scopes: rest })
      expect(await fate(updateKey(db, narrow, key.id, { scopes: null })), role).toBe(
        whole ? 'ok' : 'FORBIDDEN',
      )
    }
    expect(await fate(revokeKey(db, narrow, (await target(role)).key.id)), role).toBe(
      whole ? 'ok' : 'FORBIDDEN',
    )
    expect(await fate(assignRole(db, narrow, { ...(await member(role)), role: 'ingestor' })), role).toBe(
      'FORBIDDEN',
    )
  }
})

it('gives the same answer for a name of another project and for one of none', async () => {
  const answers = async (project: string) => {
    const told = await Promise.all(
      [
        createKey(db, callers.admin, { name: 'k', project }),
        assignRole(db, callers.admin, { issuer, subject: 's', role: 'reader', project }),
        removeRole(db, callers.admin, { issuer, subject: 's', project }),
        listMembers(db, callers.admin, project),
        renameProject(db, callers.admin, project, 'new-name'),
      ].map((call) =>
        call.then(
          () => 'ok',
          (error: { code: string; message: string; hint: string }) => [error.code, error.message, error.hint],
        ),
      ),
    )
    return told
  }
  const theirs = await answers('other')
  expect(theirs.map((each) => each[0])).toEqual(Array.from({ length: 5 }, () => 'FORBIDDEN'))
  expect(theirs).toEqual(await answers('nobodys'))
})

it('keeps projects apart by names that are free and well formed, and moves nothing by a new name', async () => {
  const operator = await callerOf(test)
  const { key, secret } = await makeKey(test, { project: 'before' })
  expect(await fate(createProject(db, operator, 'before'))).toBe('CONFLICT')
  expect(await fate(renameProject(db, operator, 'before', 'other'))).toBe('CONFLICT')
  expect(await fate(renameProject(db, operator, 'is-none', 'free'))).toBe('NOT_FOUND')
  await expect(renameProject(db, operator, 'Before', '-')).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    problems: [{ path: ['project'] }, { path: ['name'] }],
  })
  await renameProject(db, operator, 'before', 'after')
  expect(await callerOf(test, secret)).toMatchObject({ principalId: key.id, projectName: 'after' })
  expect(await fate(createProject(db, operator, 'before'))).toBe('ok')
})
