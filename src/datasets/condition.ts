import { sql, type SQL } from 'drizzle-orm'
import type { FieldType } from '../core/field.ts'
import type { Condition } from '../core/filter.ts'

/**
 * One comparison as SQL; the plan has checked that the value suits the field. Parameters go as text and are cast in
 * SQL: postgres.js would print a value for a typed parameter in its own way, times cut to milliseconds among them.
 */
export function compileCondition(value: SQL, type: FieldType, condition: Condition): SQL {
  const wanted = condition.value
  const operand = sql`${String(wanted)}::text::${sql.raw(sqlTypes[type])}`
  switch (condition.operator) {
    case 'isNull':
      return wanted === true ? sql`${value} is null` : sql`${value} is not null`
    case 'in':
      // One parameter, however many values, so that the statement's text and its plan stay the same.
      return sql`${value} = any(array(
        select jsonb_array_elements_text(${JSON.stringify(wanted)}::text::jsonb)::${sql.raw(sqlTypes[type])}))`
    case 'eq':
      return sql`${value} = ${operand}`
    case 'gt':
      return sql`${value} > ${operand}`
    case 'gte':
      return sql`${value} >= ${operand}`
    case 'lt':
      return sql`${value} < ${operand}`
    case 'lte':
      return sql`${value} <= ${operand}`
  }
}

const sqlTypes: Record<FieldType, string> = {
  text: 'text',
  int: 'numeric',
  bigint: 'numeric',
  decimal: 'numeric',
  float: 'float8',
  bool: 'boolean',
  timestamp: 'timestamptz',
  json: 'jsonb',
}
