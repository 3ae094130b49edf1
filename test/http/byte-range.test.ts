import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantedRange } from '../../src/http/byte-range.ts'

const bytes = 1000
const etag = '"0123456789abcdef"'
const asked = (range?: string, ifRange?: string, size = bytes) =>
  wantedRange({ range, 'if-range': ifRange }, { bytes: size, etag })

describe('what a request wants of a file of 1,000 bytes', () => {
  it.each([
    ['bytes=0-0', [0, 1]],
    ['bytes=0-499', [0, 500]],
    ['bytes=500-999', [500, 1000]],
    ['bytes=999-999', [999, 1000]],
    ['bytes=999-', [999, 1000]],
    ['bytes=0-', [0, 1000]],
    ['bytes=0-999', [0, 1000]],
    ['bytes=0-1000', [0, 1000]],
    ['bytes=00012-0013', [12, 14]],
    ['bytes=5-99999999999999999999999999', [5, 1000]],
    ['bytes=-1', [999, 1000]],
    ['bytes=-1000', [0, 1000]],
    ['bytes=-1001', [0, 1000]],
    ['bytes=-99999999999999999999999999', [0, 1000]],
    ['Bytes=1-2', [1, 3]],
  ] as const)('%s is a part', (range, [start, end]) => {
    expect(asked(range)).toEqual({ start, end })
  })

  it.each([
    'bytes=1000-',
    'bytes=1000-1000',
    'bytes=1000-2000',
    'bytes=-0',
    'bytes=-000',
    'bytes=9007199254740993-',
    'bytes=9007199254740993-9007199254740993',
    'bytes=99999999999999999999999999-99999999999999999999999999',
    `bytes=${'9'.repeat(400)}-${'9'.repeat(400)}`,
  ])('%s lies beyond the end', (range) => expect(asked(range)).toBeUndefined())

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=--1',
    'bytes=-1-2',
    'bytes=+1-2',
    'bytes=1-+2',
    'bytes=1.0-2',
    'bytes=1e2-',
    'bytes=0x1-0x2',
    'bytes=١-٢',
    'bytes=a-b',
    'bytes=2-1',
    'bytes=9007199254740993-9007199254740992',
    'bytes=1 - 2',
    'bytes=1- 2',
    'bytes =1-2',
    'bytes 1-2',
    'bytes=1-2;3-4',
    'bytes=0-1,3-4',
    'bytes=0-1, 3-4',
    'bytes=0-0,-1',
    'bytes=0-1,bytes=3-4',
    'items=0-1',
    'bytesx=0-1',
    'xbytes=0-1',
    'none',
    'none=0-1',
    '0-1',
    '=0-1',
  ])('%s is no one part: the whole', (range) => expect(asked(range)).toBe('whole'))

  it.each([
    [etag, { start: 5, end: 7 }],
    [`W/${etag}`, 'whole'],
    ['"another"', 'whole'],
    ['0123456789abcdef', 'whole'],
    [`${etag}, "another"`, 'whole'],
    ['*', 'whole'],
    ['', 'whole'],
    ['Wed, 25 Nov 2026 08:00:00 GMT', 'whole'],
  ] as const)('bytes=5-6 if it is still %s', (ifRange, wanted) => {
    expect(asked('bytes=5-6', ifRange)).toEqual(wanted)
    // What is unsatisfiable is so only of the file that was meant.
    expect(asked('bytes=5000-', ifRange)).toEqual(wanted === 'whole' ? 'whole' : undefined)
    expect(asked(undefined, ifRange)).toBe('whole')
  })

  it('of an empty file, no byte is there, and its last bytes are all of it', () => {
    expect(asked('bytes=0-', undefined, 0)).toBeUndefined()
    expect(asked('bytes=0-0', undefined, 0)).toBeUndefined()
    expect(asked('bytes=-0', undefined, 0)).toBeUndefined()
    expect(asked('bytes=-5', undefined, 0)).toBe('whole')
  })
})

/** RFC 9110, 14.1.1, 14.1.2 and 14.2 read once more, with whole numbers of any size and byte by byte. */
function byTheBook(range: string, size: number): 'whole' | 'unsatisfiable' | readonly number[] {
  const at = range.indexOf('=')
  if (at < 0 || range.slice(0, at).toLowerCase() !== 'bytes') return 'whole'
  const specs = range.slice(at + 1).split(',')
  if (specs.length !== 1) return 'whole'
  const ends = specs[0]!.split('-')
  const isPosition = (text: string) =>
    text.length > 0 && [...text].every((each) => '0123456789'.includes(each))
  if (ends.length !== 2 || !ends.every((end) => end === '' || isPosition(end))) return 'whole'
  const [first, last] = ends.map((end) => (end === '' ? undefined : BigInt(end)))
  const all = Array.from({ length: size }, (_, index) => index)
  if (first === undefined) {
    if (last === undefined) return 'whole'
    if (last === 0n) return 'unsatisfiable'
    if (size === 0) return 'whole'
    return all.filter((index) => BigInt(size) - BigInt(index) <= last)
  }
  if (last !== undefined && last < first) return 'whole'
  const chosen = all.filter(
    (index) => BigInt(index) >= first && (last === undefined || BigInt(index) <= last),
  )
  return chosen.length === 0 ? 'unsatisfiable' : chosen
}

it('wants what the standard, read once more, says, of any range of any small file', () => {
  const position = fc.oneof(
    { weight: 4, arbitrary: fc.nat(30).map(String) },
    fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }).map(String),
    fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
    fc.nat(30).map((number) => `00${number}`),
    fc.constantFrom('', '', ' ', '-', '1 ', 'x', '+1', '1,2'),
  )
  const spec = fc.tuple(position, position).map(([first, last]) => `${first}-${last}`)
  const header = fc.oneof(
    { weight: 8, arbitrary: spec.map((one) => `bytes=${one}`) },
    fc
      .tuple(fc.constantFrom('bytes', 'BYTES', 'byte', 'items', ''), spec)
      .map(([unit, one]) => `${unit}=${one}`),
    fc.array(spec, { minLength: 2, maxLength: 3 }).map((several) => `bytes=${several.join(',')}`),
    fc.string({ unit: fc.constantFrom(...'bytes=-,0123456789 ') }),
  )
  // Spaces at the edges of the set are forgiven, which is beyond the standard.
  const strict = header.filter((range) => !/=[ \t]|[ \t]$/.test(range))
  const seen = { whole: 0, unsatisfiable: 0, part: 0 }
  fc.assert(
    fc.property(strict, fc.nat(25), (range, size) => {
      const ours = asked(range, undefined, size)
      const book = byTheBook(range, size)
      if (typeof book === 'string') {
        seen[book]++
        expect(ours).toBe(book === 'whole' ? 'whole' : undefined)
      } else {
        seen.part++
        expect(ours).toEqual({ start: book[0], end: book.at(-1)! + 1 })
      }
    }),
    { numRuns: 5000 },
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(200)
})
