import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Occurrences } from '../../src/ingest/readers/occurrences.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

test('counts how often each digest comes, over several of its tables', () => {
  const occurrences = new Occurrences()
  const count = 20_000
  for (let each = 0; each < count; each++) expect(occurrences.next(digest(`${each}`))).toBe(1)
  for (let each = 0; each < count; each += 7) expect(occurrences.next(digest(`${each}`))).toBe(2)
  expect(occurrences.next(digest('0'))).toBe(3)
  expect(occurrences.next(digest('new'))).toBe(1)
})

test('takes a digest of zeros for one like the others', () => {
  const occurrences = new Occurrences()
  expect([occurrences.next(Buffer.alloc(32)), occurrences.next(Buffer.alloc(32))]).toEqual([1, 2])
})
