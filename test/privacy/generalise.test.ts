import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generalise } from '../../src/privacy/generalise.ts'

it('keeps of a time its day', () => {
  expect(generalise('timestamp', '2026-05-24T13:46:19.963000Z')).toBe('2026-05-24T00:00:00.000000Z')
  expect(generalise('timestamp', '12026-05-24T13:46:19.963000Z')).toBe('12026-05-24T00:00:00.000000Z')
})

it.each([
  ['0', '0'],
  ['7', '7'],
  ['12345', '10000'],
  ['-99', '-90'],
  ['1024.75', '1000'],
  ['0.000343', '0.0003'],
  ['-0.0187', '-0.01'],
  ['1.5', '1'],
  ['10', '10'],
  ['9223372036854775807', '9000000000000000000'],
  ['2.5e-7', '2e-7'],
  ['1.7e+308', '1e+308'],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['0.000', '0.000'],
])('keeps of the number %s its first digit', (number, first) => {
  expect(generalise('float', number)).toBe(first)
})

it('never moves a number away from zero, nor by as much as a power of ten', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const cut = Number(generalise('float', String(number)))
      expect(Math.abs(cut)).toBeLessThanOrEqual(Math.abs(number))
      expect(Math.abs(cut)).toBeGreaterThanOrEqual(Math.abs(number) / 2.0001)
      expect(generalise('float', String(cut)).replace('-0', '0')).toBe(String(cut).replace('-0', '0'))
    }),
  )
})
