import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainDecimal, scaled } from '../../src/ingest/normalise/decimal.ts'
import { countOf, durationOf, isUnknown, secondsOf, usdOf } from '../../src/ingest/normalise/quantities.ts'

describe('plainDecimal', () => {
  test.each([
    ['0.000343', '0.000343'],
    ['0.000000', '0.000000'],
    ['1.4e-7', '0.00000014'],
    ['1.4E+2', '140'],
    ['12.5e0', '12.5'],
    ['123e-1', '12.3'],
    ['2.1457672119140625e-05', '0.000021457672119140625'],
    ['007.50', '7.50'],
    ['-0.5', '-0.5'],
    ['-0.0', '0.0'],
    ['0e99999', '0'],
  ])('writes %s as %s', (literal, plain) => expect(plainDecimal(literal)).toBe(plain))

  test.each([
    '',
    '.',
    '.5',
    '5.',
    '1e',
    'e5',
    '+1',
    '1,000',
    '0x10',
    'NaN',
    'Infinity',
    '1e999999',
    '1e-999999',
    '9'.repeat(500),
    `0.${'1'.repeat(500)}`,
  ])('does not read %j', (literal) => expect(plainDecimal(literal)).toBeUndefined())

  test('means the same number as the literal', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(plainDecimal(String(value)))).toBe(value === 0 ? 0 : value)
      }),
    )
  })
})

test('scaled rounds half away from zero', () => {
  expect(scaled('3.03', 1000n)).toBe(3030n)
  expect(scaled('0.0005', 1000n)).toBe(1n)
  expect(scaled('0.00049', 1000n)).toBe(0n)
  expect(scaled('-0.0005', 1000n)).toBe(-1n)
})

test.each(['N/A', 'n/a', '-', '–', '—', '', ' ', 'None'])('%j says that nothing is known', (text) => {
  expect(isUnknown(text)).toBe(true)
})

test.each(['0', '$0.00', 'free'])('%j says something', (text) => expect(isUnknown(text)).toBe(false))

describe('countOf', () => {
  test.each([
    ['1001', 1001n],
    ['111,547', 111547n],
    ['1,234,567', 1234567n],
    ['0', 0n],
    ['1135.0', 1135n],
    ['1.135e3', 1135n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 2n ** 63n - 1n],
  ])('reads %s', (text, count) => expect(countOf(text)).toBe(count))

  test.each(['-5', '1.5', '1,00', '1,0000', ',100', '12k', '~1000', '1 000', '9223372036854775808', 'many'])(
    'does not read %j',
    (text) => expect(countOf(text)).toBeUndefined(),
  )
})

describe('usdOf', () => {
  test.each([
    ['$0.000343', '0.000343'],
    ['$0.0103', '0.0103'],
    ['$0.000000', '0.000000'],
    ['$1,234.50', '1234.50'],
    ['0.0103', '0.0103'],
    ['1.4e-7', '0.00000014'],
  ])('reads %s with every digit', (text, usd) => expect(usdOf(text)).toBe(usd))

  test.each(['€0.01', '-$0.01', '$-0.01', '$', '$0,01', 'free', '$10000000', '$0.01/run'])(
    'does not read %j',
    (text) => expect(usdOf(text)).toBeUndefined(),
  )
})

describe('durationOf', () => {
  test.each([
    ['3.03s', 3_030_000_000n],
    ['0.50 s', 500_000_000n],
    ['350ms', 350_000_000n],
    ['2m 5.2s', 125_200_000_000n],
    ['2min5s', 125_000_000_000n],
    ['1h 2m 3s', 3_723_000_000_000n],
    ['1,203.5s', 1_203_500_000_000n],
    ['0.1234567894s', 123_456_789n],
    ['2 M 5 SEC', 125_000_000_000n],
  ])('reads %s', (text, ns) => expect(durationOf(text)).toBe(ns))

  test.each(['3.03', '-3s', '5s 2m', '2m 3m', '3 years', '3sx', 's', '', '1:02', 'about 3s', '9999999999s'])(
    'does not read %j',
    (text) => expect(durationOf(text)).toBeUndefined(),
  )
})

test('secondsOf rounds to nanoseconds and refuses what lies below zero', () => {
  expect(secondsOf('9.812345678901')).toBe(9_812_345_679n)
  expect(secondsOf('1e-3')).toBe(1_000_000n)
  expect(secondsOf('1e-300')).toBe(0n)
  expect(secondsOf('-0.1')).toBeUndefined()
})
