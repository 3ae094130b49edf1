import { expect, it } from 'vitest'
import { datasets } from '../../src/datasets/registry.ts'
import { recordKinds, recordTables } from '../../src/ingest/store/record-tables.ts'

it.each(recordKinds)(
  'stores every field of a %s that its dataset shows, and bounds what pages do not count',
  (kind) => {
    const { table, columns } = recordTables[kind]
    const { fields } = datasets.find((each) => each.id === table)!
    const columnOf = (name: string) =>
      columns.find(({ column }) => column === (name === 'duration_seconds' ? 'duration_ns' : name))
    for (const field of fields.filter(({ name }) => name !== 'id')) {
      const column = columnOf(field.name)
      expect(column, field.name).toBeDefined()
      if (field.type === 'text')
        expect([field.name, column!.isBounded]).toEqual([field.name, field.unbounded !== true])
      // A page could be of any size otherwise.
      if (field.type === 'json') expect([field.name, field.unbounded]).toEqual([field.name, true])
    }
  },
)
