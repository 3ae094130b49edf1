import { expect, it } from 'vitest'
import { parsePrivacySecrets, privacyKeys } from '../../src/privacy/keys.ts'

const one = 'a'.repeat(32)
const two = 'b'.repeat(40)
const keys = privacyKeys(parsePrivacySecrets(`1:${one}\n2:${two}`))
const place = { projectId: 7, scope: 'project', exportId: 'x' } as const

it('gives each purpose, project, scope, export and version a key of its own, the same each time', () => {
  const derived = [
    keys.derive('pseudonym', place, 1),
    keys.derive('pseudonym', place, 2),
    keys.derive('mark', place, 1),
    keys.derive('pseudonym', { ...place, projectId: 8 }, 1),
    keys.derive('pseudonym', { ...place, scope: 'export' }, 1),
    keys.derive('pseudonym', { ...place, scope: 'export', exportId: 'y' }, 1),
  ].map((key) => key.toString('hex'))
  expect(new Set(derived).size).toBe(derived.length)
  expect(derived.every((key) => key.length === 64)).toBe(true)
  expect(keys.derive('pseudonym', place, 1).toString('hex')).toBe(derived[0])
  expect(keys.derive('pseudonym', { ...place, exportId: 'y' }, 1).toString('hex')).toBe(derived[0])
})

it('uses the newest version for new exports, and refuses one that is gone instead of making another', () => {
  expect(keys.currentVersion).toBe(2)
  expect(() => keys.derive('mark', place, 3)).toThrow(/no version 3 any more \(there are: 1, 2\)/)
})

it.each([
  ['', 'there is no privacy key'],
  [one, 'version:secret'],
  [`1:${'a'.repeat(31)}`, 'at least 32'],
  [`0:${one}`, 'version:secret'],
  [`1:${one},1:${two}`, 'version 1 of the privacy key is there twice'],
])('refuses %j without repeating it', (text, why) => {
  expect(() => parsePrivacySecrets(text)).toThrow(why)
  if (text.length > 10) expect(() => parsePrivacySecrets(text)).not.toThrow(text)
})
