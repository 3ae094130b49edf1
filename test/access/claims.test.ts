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
  expect(at('scp', { scp: 'openid worker' })).toBe('analyst')
  // Of other claims, one text is one value, whatever blanks are in it.
  expect(at('role', { role: 'friends of worker' })).toBeUndefined()
  expect(at('realm.scope', { realm: { scope: 'openid worker' } })).toBeUndefined()
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

it('goes by the order of pairs, names that look like numbers among them', () => {
  const first = (roles: unknown, ...told: string[]) =>
    roleTold(settings({ roleClaim: 'g', roles }), { g: told })
  const pairs = [
    ['admins', 'admin'],
    ['42', 'reader'],
    ['__proto__', 'analyst'],
  ]
  expect(first(pairs, '42', 'admins')).toBe('admin')
  expect(first(pairs.toReversed(), '42', 'admins')).toBe('reader')
  expect(first(pairs, '__proto__')).toBe('analyst')
  expect(first(JSON.parse('{"__proto__":"reader","a":"admin"}'), 'a', '__proto__')).toBe('reader')
})

it('finds projects by a claim, or the fixed one, and none where none is said', () => {
  expect(projectsTold(settings({ projectClaim: 'p' }), { p: ['a', 'b', 'a'] })).toEqual(['a', 'b'])
  expect(projectsTold(settings({ projectClaim: 'p' }), {})).toEqual([])
  expect(projectsTold(settings({ project: 'fixed' }), { p: 'a' })).toEqual(['fixed'])
  expect(projectsTold(settings({}), { project: 'a' })).toEqual([])
  expect(projectsTold(settings({ projectClaim: 'p' }), { p: 'a b' })).toEqual([])
  expect(projectsTold(settings({ projectClaim: 'scope' }), { scope: 'a b' })).toEqual([])
  // What can be no name of a project is not even asked for.
  expect(
    projectsTold(settings({ projectClaim: 'p' }), { p: ['de\0fault', '\ud800', 'A', 'x'.repeat(64), 'b'] }),
  ).toEqual(['b'])
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
