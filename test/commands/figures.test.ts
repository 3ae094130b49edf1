import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatSeconds,
  parseDuration,
  parseInstant,
} from '../../src/commands/figures.ts'
import { printable } from '../../src/commands/printable.ts'
import { formatTable } from '../../src/commands/table.ts'

describe('figures for people', () => {
  it('counts in groups of three digits', () => {
    expect([0, 999, 1000, 124_310].map(formatCount)).toEqual(['0', '999', '1,000', '124,310'])
  })

  it('gives bytes in decimal units, with one decimal below ten', () => {
    const bytes = [0, 999, 1000, 9940, 10_383, 60_817_408, 1e9, 5e15]
    expect(bytes.map(formatBytes)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '9.9 kB',
      '10 kB',
      '61 MB',
      '1.0 GB',
      '5000 TB',
    ])
  })

  it('gives spans of time no finer than they matter', () => {
    expect([0.04, 9.94, 10, 119, 120, 5400].map(formatSeconds)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '119 s',
      '2 min',
      '90 min',
    ])
  })
})

describe('spans of time', () => {
  it('are a whole number and a unit', () => {
    expect(['0s', '90s', '10m', '2h', '7d', '1w'].map(parseDuration)).toEqual([
      0, 90_000, 600_000, 7_200_000, 604_800_000, 604_800_000,
    ])
  })

  it.each(['', '10', 'm', '1.5h', '-1d', '7 d', '7D', '1d2h', '1234567s', ' 1d', '１d'])(
    'are not %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow('e.g. 10m')
    },
  )
})

describe('instants', () => {
  const now = Date.parse('2026-05-24T13:46:19.123Z')
  it.each([
    ['7d', '2026-05-17T13:46:19.123Z'],
    ['90m', '2026-05-24T12:16:19.123Z'],
    ['2026-05-24', '2026-05-24T00:00:00Z'],
    ['2026-05-24T13:46', '2026-05-24T13:46:00Z'],
    ['2026-05-24 13:46:19', '2026-05-24T13:46:19Z'],
    ['2026-05-24T13:46:19.123456Z', '2026-05-24T13:46:19.123456Z'],
    ['2026-05-24T13:46+02:00', '2026-05-24T13:46:00+02:00'],
    ['2026-05-24T13:46:19-05:30', '2026-05-24T13:46:19-05:30'],
  ])('%s is %s', (text, instant) => {
    expect(parseInstant(text, now)).toBe(instant)
  })

  it.each([
    '',
    'yesterday',
    '24.05.2026',
    '2026-13-01',
    '2026-02-30',
    '2025-02-29',
    '2026-05-24T25:00',
    '2026-5-4',
    '2026-05-24T13:46:19.1234567Z',
    '2026-05-24Z',
    '1716558379',
    '999999w',
  ])('%j is none', (text) => {
    expect(() => parseInstant(text, now)).toThrow('a time span back from now, e.g. 7d, or a time')
  })
})

it('prints the text of others as one line that cannot steer a terminal', () => {
  expect(printable('a\nb\u001b[31m\u0085\u202e\u2066\u2028é日🙂')).toBe(
    'a\\u000ab\\u001b[31m\\u0085\\u202e\\u2066\\u2028é日🙂',
  )
  expect(formatTable(['A', 'B'], [['x\ny', '1']])).toBe('A         B\nx\\u000ay  1\n')
})
