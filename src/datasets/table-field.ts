import { sql, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { FieldType, Sensitivity } from '../core/field.ts'
import type { TableField } from './table-dataset.ts'

type Marks = Pick<TableField, 'inDefault' | 'filterable' | 'unbounded' | 'required'>

/** One line of a dataset's file; `value` is a column, or SQL of the field's own type. */
export const field = (
  name: string,
  type: FieldType,
  sensitivity: Sensitivity,
  value: PgColumn | SQL,
  description: string,
  marks: Marks = {},
): TableField => ({ name, type, sensitivity, value: sql`${value}`, description, ...marks })

export const required = { required: true } as const
export const shown = { inDefault: true } as const
export const filterable = { filterable: true } as const
export const filtered = { inDefault: true, filterable: true } as const
export const large = { unbounded: true } as const

/** Nanoseconds as exact seconds. */
export const seconds = (nanoseconds: PgColumn): SQL => sql`${nanoseconds} * 0.000000001`
