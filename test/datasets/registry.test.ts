import { describe, expect, it } from 'vitest'
import { datasetById, datasets } from '../../src/datasets/registry.ts'

it('has datasets whose every name is theirs alone', () => {
  for (const name of ['id', 'shortName', 'recordName', 'idPrefix'] as const) {
    const names = datasets.map((dataset) => dataset[name])
    expect(new Set(names).size).toBe(names.length)
  }
  expect(() => datasetById('results')).toThrow('unknown dataset results; known: evaluation_results, ')
})

describe.each(datasets.map((dataset) => [dataset.id, dataset] as const))('%s', (_, dataset) => {
  it('begins with the id and has each field once', () => {
    const names = dataset.fields.map((field) => field.name)
    expect(names[0]).toBe('id')
    expect(new Set(names).size).toBe(names.length)
  })

  it('shows by default, and filters by, when records happened', () => {
    const time = dataset.fields.find((field) => field.name === 'occurred_at')
    expect(time).toMatchObject({ inDefault: true, filterable: true, required: true, type: 'timestamp' })
  })

  it('shows no contents and nothing about people by default', () => {
    const shown = dataset.fields.filter((field) => field.inDefault)
    expect(shown.filter((field) => !['public', 'internal'].includes(field.sensitivity))).toEqual([])
  })
})
