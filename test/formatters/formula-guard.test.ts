import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { needsGuard } from '../../src/formatters/formula-guard.ts'
import { hostileText } from './tables.ts'

/** The rule as it is published, so that the shortcut before it is seen to change nothing. */
const { guard } = JSON.parse(readFileSync(new URL('conformance.json', import.meta.url), 'utf8')) as {
  guard: string
}
const published = new RegExp(guard)

test('every character alone and before an equals sign is judged by the published rule', () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const character = String.fromCharCode(unit)
    for (const text of [character, `${character}=1`, `'${character}=1`]) {
      if (needsGuard(text) !== published.test(text))
        expect.fail(`U+${unit.toString(16)} in ${JSON.stringify(text)}`)
    }
  }
})

test('any text is judged by the published rule', () => {
  fc.assert(
    fc.property(hostileText, (text) => needsGuard(text) === published.test(text)),
    { numRuns: 2000 },
  )
})

test('the empty text needs no guard', () => {
  expect(needsGuard('')).toBe(false)
})

test('megabytes of space before a formula take no more than a moment', () => {
  for (const filler of [' ', "'", '\u3000']) {
    expect(needsGuard(`${filler.repeat(2 ** 22)}=1`)).toBe(true)
    expect(needsGuard(`${filler.repeat(2 ** 22)}x`)).toBe(false)
  }
}, 5000)
