import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mark, pseudonym } from '../../src/privacy/pseudonym.ts'

const key = Buffer.alloc(32, 7)

it('is the first 128 bits of HMAC-SHA-256 over the kind and the value, in base32 as RFC 4648 has it', () => {
  // echo -n: HMAC computed by hand, base32 by the Python standard library.
  const digest = createHmac('sha256', key).update('user_id\0ana').digest().subarray(0, 16)
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const letters = bits
    .padEnd(130, '0')
    .match(/.{5}/g)!
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)])
    .join('')
  expect(pseudonym(key, 1, 'user_id', 'ana')).toBe(`ps1_${letters}`)
})

it('tells equal values of a kind apart from all others, kinds, keys and versions alike', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      const name = pseudonym(key, 1, 'user_id', one)
      expect(name).toMatch(/^ps1_[a-z2-7]{26}$/)
      expect(pseudonym(key, 1, 'user_id', one)).toBe(name)
      expect(pseudonym(key, 1, 'session_id', one)).not.toBe(name)
      expect(pseudonym(Buffer.alloc(32, 8), 1, 'user_id', one)).not.toBe(name)
      if (one.normalize() !== other.normalize()) {
        expect(pseudonym(key, 1, 'user_id', other)).not.toBe(name)
      }
    }),
  )
})

it('takes the two spellings of a composed letter for the same', () => {
  expect(pseudonym(key, 2, 'user_id', 'Zoe\u0308')).toBe(pseudonym(key, 2, 'user_id', 'Zo\u00eb'))
})

it('marks equal secrets alike, under one key', () => {
  expect(mark(key, 'a')).toMatch(/^[0-9a-f]{4}$/)
  expect(mark(key, 'a')).toBe(mark(key, 'a'))
  const marks = new Set(Array.from({ length: 64 }, (_, index) => mark(Buffer.alloc(32, index), 'a')))
  expect(marks.size).toBeGreaterThan(60)
})
