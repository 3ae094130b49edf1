import { expect, test } from 'vitest'
import { csv } from '../../src/formatters/csv.ts'
import { formatterById, formatters } from '../../src/formatters/registry.ts'

test('each format is found by its id', () => {
  expect(formatterById('csv')).toBe(csv)
  for (const formatter of formatters) expect(formatterById(formatter.id)).toBe(formatter)
})

test('an unknown format is refused with the names of the known ones', () => {
  expect(() => formatterById('xlsx')).toThrow(
    'There is no format "xlsx". The formats are csv, json, ndjson, xml.',
  )
  expect(() => formatterById('CSV')).toThrow('There is no format "CSV".')
})

test('no two formats share an id', () => {
  expect(new Set(formatters.map((formatter) => formatter.id)).size).toBe(formatters.length)
})
