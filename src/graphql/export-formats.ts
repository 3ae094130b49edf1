import { z } from 'zod'
import {
  camelCase,
  enumCase,
  fieldTypes,
  sensitivities,
  type Field,
  type FieldType,
  type Sensitivity,
} from '../core/field.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { datasets } from '../datasets/registry.ts'
import type { Formatter } from '../formatters/formatter.ts'
import { formatters } from '../formatters/registry.ts'
import { refuseField, refuseFilter } from '../privacy/policy.ts'
import { builder } from './builder.ts'

/** The registry's formats, by their ids in upper case. */
export const exportFormat = builder.enumType('ExportFormat', {
  description: 'What files can be written as.',
  values: Object.fromEntries(
    formatters.map((each) => [enumCase(each.id), { value: each.id, description: each.description }]),
  ),
})

const formatInfo = builder.objectRef<Formatter>('ExportFormatInfo').implement({
  description: 'A format of the registry.',
  fields: (t) => ({
    id: t.field({ type: exportFormat, description: 'Its name.', resolve: (each) => each.id }),
    description: t.exposeString('description', { description: 'What it writes.' }),
    extension: t.exposeString('extension', { description: 'Of its files, without the dot.' }),
    mediaType: t.exposeString('mediaType', { description: 'Of its files.' }),
    options: t.field({
      type: 'JSON',
      description: 'A JSON Schema of what formatOptions may hold.',
      resolve: (each) => z.toJSONSchema(each.options, { io: 'input' }),
    }),
  }),
})

const typeTexts: Record<FieldType, string> = {
  text: 'Text.',
  int: 'A whole number of 32 bits.',
  bigint: 'A whole number of 64 bits.',
  decimal: 'An exact decimal number.',
  float: 'A double-precision number.',
  bool: 'true or false.',
  timestamp: 'An instant, in UTC with six decimals.',
  json: 'Any JSON value.',
}

const sensitivityTexts: Record<Sensitivity, string> = {
  public: 'Says nothing of what was asked or answered, or by whom.',
  internal: 'Costs, sessions and the like: for the organisation.',
  content: 'What models and tools were told and said, paths and error texts: may hold secrets.',
  personal: 'About people.',
}

const fieldType = builder.enumType('ExportFieldType', {
  description: 'The type of the values of a field.',
  values: Object.fromEntries(
    fieldTypes.map((type) => [enumCase(type), { value: type, description: typeTexts[type] }]),
  ),
})

const sensitivity = builder.enumType('Sensitivity', {
  description: 'How sensitive a field is.',
  values: Object.fromEntries(
    sensitivities.map((each) => [enumCase(each), { value: each, description: sensitivityTexts[each] }]),
  ),
})

const fieldInfo = builder.objectRef<Field>('ExportFieldInfo').implement({
  description: 'A field of a dataset.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'In files and on the command line.' }),
    graphqlName: t.string({ description: 'In queries.', resolve: (field) => camelCase(field.name) }),
    enumValue: t.string({ description: 'In startExport.', resolve: (field) => enumCase(field.name) }),
    type: t.field({ type: fieldType, description: 'Of its values.', resolve: (field) => field.type }),
    sensitivity: t.field({
      type: sensitivity,
      description: 'Its class.',
      resolve: (field) => field.sensitivity,
    }),
    description: t.exposeString('description', { description: 'What it tells.' }),
    isDefault: t.boolean({
      description: 'Whether it is a column of an export that names none.',
      resolve: (field) => field.inDefault === true,
    }),
    isFilterable: t.boolean({
      description: 'Whether where may name it, for this caller.',
      resolve: (field, _args, { caller }) =>
        field.filterable === true && refuseFilter(caller, field) === undefined,
    }),
    isAllowed: t.boolean({
      description: 'Whether the caller may see it, redacted.',
      resolve: (field, _args, { caller }) => refuseField(caller, field) === undefined,
    }),
  }),
})

const datasetInfo = builder.objectRef<Dataset>('ExportDataset').implement({
  description: 'A kind of record that can be browsed and exported.',
  fields: (t) => ({
    name: t.exposeString('id', { description: 'In files.' }),
    shortName: t.exposeString('shortName', { description: 'On the command line.' }),
    description: t.exposeString('description', { description: 'What its records are.' }),
    fields: t.field({ type: [fieldInfo], description: 'All of them.', resolve: (each) => [...each.fields] }),
  }),
})

builder.queryField('exportFormats', (t) =>
  t.field({
    type: [formatInfo],
    description: 'The registry of formats.',
    resolve: () => [...formatters],
  }),
)

builder.queryField('exportDatasets', (t) =>
  t.field({
    type: [datasetInfo],
    description: 'The datasets and their fields, as the caller sees them.',
    resolve: () => [...datasets],
  }),
)
