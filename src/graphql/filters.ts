import type { InputRef } from '@pothos/core'
import type { Problem } from '../core/errors.ts'
import { camelCase, type Field, type FieldType } from '../core/field.ts'
import type { Condition, FilterOperator } from '../core/filter.ts'
import { builder } from './builder.ts'

/** What a client sends for one field: comparisons, all of which must hold. */
export type FieldFilter = { readonly [operator in FilterOperator]?: NonNullable<unknown> | null | undefined }
export type Where = Readonly<Record<string, FieldFilter | null | undefined>>

const isNullText = 'True: only records without a value. False: only records with one.'

const textFilter = builder.inputType('StringFilter', {
  description: 'Comparisons of text; all that are given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'Exactly this.' }),
    in: t.stringList({ description: 'One of these; an empty list matches nothing.' }),
    isNull: t.boolean({ description: isNullText }),
  }),
})

const boolFilter = builder.inputType('BooleanFilter', {
  description: 'Comparisons of booleans; all that are given must hold.',
  fields: (t) => ({
    eq: t.boolean({ description: 'Exactly this.' }),
    isNull: t.boolean({ description: isNullText }),
  }),
})

const orderedFilter = (name: string, type: 'DateTime' | 'Decimal' | 'SafeInt' | 'Float', of: string) =>
  builder.inputType(name, {
    description: `Comparisons of ${of}; all that are given must hold. A half-open range is gte and lt.`,
    fields: (t) => ({
      eq: t.field({ type, description: 'Exactly this.' }),
      in: t.field({ type: [type], description: 'One of these; an empty list matches nothing.' }),
      gt: t.field({ type, description: 'Above this.' }),
      gte: t.field({ type, description: 'This or above.' }),
      lt: t.field({ type, description: 'Below this.' }),
      lte: t.field({ type, description: 'This or below.' }),
      isNull: t.boolean({ description: isNullText }),
    }),
  })

const timeFilter = orderedFilter('DateTimeFilter', 'DateTime', 'instants')
const floatFilter = orderedFilter('FloatFilter', 'Float', 'numbers')

/** The filter input for a field's type; made for the types that some field of some dataset is filtered by. */
const filters: Partial<Record<FieldType, InputRef<FieldFilter>>> = {
  text: textFilter as InputRef<FieldFilter>,
  bool: boolFilter as InputRef<FieldFilter>,
  timestamp: timeFilter as InputRef<FieldFilter>,
  float: floatFilter as InputRef<FieldFilter>,
}

export function filterInput(field: Field): InputRef<FieldFilter> {
  const filter = filters[field.type]
  if (!filter)
    throw new Error(`${field.name} is marked filterable, but there is no filter input for ${field.type}`)
  return filter
}

/** What a client asked for, as conditions. A null is a problem: left out quietly, it would let everything through. */
export function toConditions(
  fields: readonly Field[],
  where: Where | null | undefined,
  problems: Problem[],
): Condition[] {
  const conditions: Condition[] = []
  for (const field of fields) {
    const name = camelCase(field.name)
    const filter = where?.[name]
    if (filter === null) problems.push(nullProblem(['where', name], `leave ${name} out, or use isNull`))
    for (const [operator, value] of Object.entries(filter ?? {})) {
      const path = ['where', name, operator]
      if (value === null || (Array.isArray(value) && value.includes(null))) {
        problems.push(nullProblem(path, `leave ${operator} out, or use isNull`))
      } else {
        conditions.push({
          field: field.name,
          operator: operator as FilterOperator,
          value: value as Condition['value'],
        })
      }
    }
  }
  return conditions
}

function nullProblem(path: readonly string[], fix: string): Problem {
  return {
    message: `${path.join('.')} is null, which compares with nothing.`,
    path,
    suggestion: `Instead, ${fix}.`,
  }
}
