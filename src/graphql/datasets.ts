import type { InputRef } from '@pothos/core'
import { resolveConnection } from './record-connection.ts'
import { camelCase, enumCase, type Field, type FieldType } from '../core/field.ts'
import type { Direction } from '../core/export-spec.ts'
import type { PrivacyMode } from '../core/privacy.ts'
import type { Cell } from '../core/record-batch.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { datasets } from '../datasets/registry.ts'
import { builder } from './builder.ts'
import { filterInput, type Where } from './filters.ts'
import { privacyMode } from './privacy.ts'

/** A record of any dataset, with the cells that the client asked for. */
export interface RecordNode {
  readonly cells: Readonly<Record<string, Cell>>
}

/** What of a dataset to export, as a client sends it. */
export interface SourceInput {
  readonly fields?: readonly string[] | null | undefined
  readonly where?: Where | null | undefined
  readonly orderBy?: { readonly direction: Direction } | null | undefined
  readonly privacy?: readonly { readonly field: string; readonly mode: PrivacyMode }[] | null | undefined
}

const direction = builder.enumType('OrderDirection', {
  description: 'Which way records are ordered.',
  values: {
    ASC: { description: 'Oldest first.' },
    DESC: { description: 'Newest first.' },
  },
})

/** GraphQL's type for a field's type, and how a cell becomes its value. */
const outputs: Record<
  FieldType,
  {
    type: 'String' | 'Int' | 'SafeInt' | 'Decimal' | 'Float' | 'Boolean' | 'DateTime' | 'JSON'
    value(cell: string): unknown
  }
> = {
  text: { type: 'String', value: (cell) => cell },
  int: { type: 'Int', value: Number },
  bigint: { type: 'SafeInt', value: (cell) => cell },
  decimal: { type: 'Decimal', value: (cell) => cell },
  float: { type: 'Float', value: Number },
  bool: { type: 'Boolean', value: (cell) => cell === 'true' },
  timestamp: { type: 'DateTime', value: (cell) => cell },
  json: { type: 'JSON', value: (cell) => JSON.parse(cell) as unknown },
}

/** Makes all that GraphQL knows of a dataset out of its definition. */
function addDataset(dataset: Dataset) {
  const { recordName } = dataset
  const plural = camelCase(dataset.id)
  const sentence = `${dataset.description.slice(0, 1).toLowerCase()}${dataset.description.slice(1)}`

  const record = builder.objectRef<RecordNode>(recordName).implement({
    description: dataset.description,
    fields: (t) =>
      Object.fromEntries(
        dataset.fields.map((field) => {
          const output = outputs[field.type]
          const resolve = (node: RecordNode) => {
            const cell = node.cells[field.name]
            return cell === null || cell === undefined ? null : (output.value(cell) as never)
          }
          const description = describe(field)
          if (field.name === 'id') return ['id', t.id({ description, resolve: (node) => node.cells['id']! })]
          return [
            camelCase(field.name),
            t.field({ type: output.type, nullable: !field.required, description, resolve }),
          ]
        }),
      ),
  })

  const fieldEnum = builder.enumType(`${recordName}Field`, {
    description: `A column of ${dataset.id}.`,
    values: Object.fromEntries(
      dataset.fields.map((field) => [
        enumCase(field.name),
        { value: field.name, description: describe(field) },
      ]),
    ),
  })

  const where = builder.inputRef<Where>(`${recordName}Where`).implement({
    description: `Which records: ${sentence} All that is given must hold.`,
    fields: (t) =>
      Object.fromEntries(
        dataset.fields
          .filter((field) => field.filterable)
          .map((field) => [
            camelCase(field.name),
            t.field({ type: filterInput(field), description: describe(field) }),
          ]),
      ),
  })

  const orderField = builder.enumType(`${recordName}OrderField`, {
    description: `What ${dataset.id} can be ordered by; ties are broken by the id.`,
    values: { OCCURRED_AT: { description: 'When it happened.' } },
  })

  const orderBy = (byDefault: Direction) =>
    builder.inputType(byDefault === 'ASC' ? `${recordName}ExportOrder` : `${recordName}Order`, {
      description: `The order of ${dataset.id}.`,
      fields: (t) => ({
        field: t.field({
          type: orderField,
          required: true,
          defaultValue: 'OCCURRED_AT',
          description: 'By what.',
        }),
        direction: t.field({
          type: direction,
          required: true,
          defaultValue: byDefault,
          description: 'Which way.',
        }),
      }),
    })

  builder.queryField(plural, (t) =>
    t.connection(
      {
        type: record,
        description: `Browses ${dataset.id}, newest first unless ordered otherwise. ${dataset.description}`,
        args: {
          where: t.arg({ type: where, description: 'Which records; all, if it is not given.' }),
          orderBy: t.arg({ type: orderBy('DESC'), description: 'Newest first, if it is not given.' }),
        },
        resolve: (_root, args, context, info) => resolveConnection(dataset, args, context, info),
      },
      {
        name: `${recordName}Connection`,
        description: `A page of ${dataset.id}.`,
        fields: (c) => ({
          totalCount: c.field({
            type: 'SafeInt',
            description: 'How many records the filter finds in all, counted exactly, when it is asked for.',
            resolve: (page) => (page as unknown as { count(): Promise<number> }).count(),
          }),
        }),
      },
      { name: `${recordName}Edge`, description: `One of ${dataset.id} and its cursor.` },
    ),
  )

  const fieldPrivacy = builder.inputType(`${recordName}FieldPrivacy`, {
    description: `What happens to the values of a column of ${dataset.id}.`,
    fields: (t) => ({
      field: t.field({ type: fieldEnum, required: true, description: 'The column.' }),
      mode: t.field({ type: privacyMode, required: true, description: 'What happens to its values.' }),
    }),
  })

  const source = builder.inputRef<SourceInput>(`${recordName}Source`).implement({
    description: `What of ${dataset.id} to export.`,
    fields: (t) => ({
      fields: t.field({
        type: [fieldEnum],
        description:
          'The columns, in file order. If it is not given: those that exportDatasets marks as default.',
      }),
      where: t.field({ type: where, description: 'Which records; all, if it is not given.' }),
      orderBy: t.field({ type: orderBy('ASC'), description: 'Oldest first, if it is not given.' }),
      privacy: t.field({
        type: [fieldPrivacy],
        description: 'What happens to values, for columns that are not simply to be redacted.',
      }),
    }),
  })
  return { name: plural, dataset, source }
}

function describe(field: Field): string {
  return `${field.description} (${field.type}, ${field.sensitivity})`
}

const added = datasets.map(addDataset)

/** Exactly one dataset, and what of it to export: no export of one dataset can name another's field. */
export const exportSource: InputRef<Readonly<Record<string, SourceInput | null | undefined>>> = builder
  .inputRef<Readonly<Record<string, SourceInput | null | undefined>>>('ExportSource')
  .implement({
    isOneOf: true,
    description: 'What to export: exactly one dataset.',
    fields: (t) =>
      Object.fromEntries(
        added.map(({ name, dataset, source }) => [
          name,
          t.field({ type: source, description: dataset.description }),
        ]),
      ),
  })

/** The dataset that a source names, and what of it. */
export function chosenSource(input: Readonly<Record<string, SourceInput | null | undefined>>): {
  readonly name: string
  readonly dataset: Dataset
  readonly source: SourceInput
} {
  for (const { name, dataset } of added) {
    const source = input[name]
    if (source) return { name, dataset, source }
  }
  throw new Error('a @oneOf input came through without a value')
}
