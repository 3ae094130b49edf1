import { expect, it } from 'vitest'
import { nameTold, projectsTold, roleTold } from '../../src/access/claims.ts'
import { parseIssuers, type IssuerSettings } from '../../src/access/issuer-settings.ts'

const settings = (more: object): IssuerSettings =>
  parseIssuers([{ issuer: 'https://issuer.example', audience: 'a', ...more }], (why) => new Error(why))[0]!

it('finds a role by a claim of any shape, the first of several in the order of the settings', () => {
  const roles = { boss: 'admin', worker: 'analyst' }
  const at = (roleClaim: string, claims: object) =>
    roleTold(settings({ roleClaim, roles }), claims as Record<string, unknown>)
  expect(at('role', { role: 'worker' })).toBe('analyst')
  expect(at('role', { role: ['none', 'worker', 'boss'] })).toBe('admin')
  expect(at('scope', { scope: 'openid worker' })).toBe('analyst')
  expect(at('realm_access.roles', { realm_access: { roles: ['boss'] } })).toBe('admin')
  expect(at('https://a.example/roles', { 'https://a.example/roles': ['worker'] })).toBe('analyst')
  for (const claims of [
    {},
    { role: 'bosses' },
    { role: 'Boss' },
    { role: 5 },
    { role: [['boss']] },
    { role: { boss: true } },
    { role: null },
  ]) {
    expect(at('role', claims), JSON.stringify(claims)).toBeUndefined()
  }
  expect(at('a.b', { a: 'boss' })).toBeUndefined()
  expect(at('a.length', { a: ['boss'] })).toBeUndefined()
  // What every object inherits is no claim, and no role.
  expect(at('constructor.name', {})).toBeUndefined()
  expect(at('role', { role: ['constructor', '__proto__', 'toString'] })).toBeUndefined()
  expect(at('deep.role', { deep: Object.create({ role: 'boss' }) as object })).toBeUndefined()
  expect(roleTold(settings({}), { role: 'boss' })).toBeUndefined()
})

it('finds projects by a claim, or the fixed one, and none where none is said', () => {
  expect(projectsTold(settings({ projectClaim: 'p' }), { p: ['a', 'b', 'a'] })).toEqual(['a', 'b'])
  expect(projectsTold(settings({ projectClaim: 'p' }), {})).toEqual([])
  expect(projectsTold(settings({ project: 'fixed' }), { p: 'a' })).toEqual(['fixed'])
  expect(projectsTold(settings({}), { project: 'a' })).toEqual([])
})

it('calls somebody by one printable line', () => {
  const name = (called: unknown, subject = 'sub') =>
    nameTold(settings({ nameClaim: 'called' }), { called }, subject)
  expect(name('Ada')).toBe('Ada')
  expect(name('A\u001b[31mda\n\u202e\u2028')).toBe('A [31mda')
  expect(name('\ud800')).toBe('sub')
  expect(name('')).toBe('sub')
  expect(name(['Ada'])).toBe('sub')
  expect(name('😀'.repeat(200))).toBe('😀'.repeat(100))
  expect(nameTold(settings({}), { name: 'Ada' }, 'x'.repeat(255))).toBe('x'.repeat(100))
})
