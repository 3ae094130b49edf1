import { isEnumType, isObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { camelCase, enumCase } from '../src/core/field.ts'
import { datasets } from '../src/datasets/registry.ts'
import { printedSchema, schema } from '../src/graphql/schema.ts'

it('has in schema.graphql what the code makes (npm run schema refreshes it)', async () => {
  await expect(printedSchema()).toMatchFileSnapshot('../schema.graphql')
})

it('describes every type, field, argument and enum value of its own', () => {
  const bare: string[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['Boolean', 'Float', 'ID', 'Int', 'String'].includes(type.name))
      continue
    if (!type.description) bare.push(type.name)
    if ('getValues' in type) {
      for (const value of type.getValues()) if (!value.description) bare.push(`${type.name}.${value.name}`)
    }
    if ('getFields' in type) {
      for (const field of Object.values(type.getFields())) {
        if (!field.description) bare.push(`${type.name}.${field.name}`)
        for (const arg of 'args' in field ? field.args : []) {
          if (!arg.description) bare.push(`${type.name}.${field.name}(${arg.name})`)
        }
      }
    }
  }
  expect(bare).toEqual([])
})

it('names every field of a dataset by one rule on every surface', () => {
  for (const dataset of datasets) {
    const record = schema.getType(dataset.recordName)
    const columns = schema.getType(`${dataset.recordName}Field`)
    if (!isObjectType(record) || !isEnumType(columns)) throw new Error(`no types for ${dataset.id}`)
    const names = dataset.fields.map((field) => field.name)
    expect(Object.keys(record.getFields()).sort()).toEqual(names.map(camelCase).sort())
    expect(
      columns
        .getValues()
        .map((value) => value.name)
        .sort(),
    ).toEqual(names.map(enumCase).sort())
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
  }
})
