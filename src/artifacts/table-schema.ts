import type { Field, FieldType } from '../core/field.ts'
import type { PlannedColumn } from '../core/export-spec.ts'
import type { Manifest, TableDialect, TableField } from '../core/manifest.ts'

type TableSchema = Manifest['resources'][0]['schema']

/** CSV as RFC 4180 has it, which is how ours is written unless its options say otherwise. */
export const rfc4180Dialect: TableDialect = {
  header: true,
  delimiter: ',',
  lineTerminator: '\r\n',
  quoteChar: '"',
  doubleQuote: true,
}

/** JSON is `any`, since arrays and bare values occur; a digit is lost in none of the others. */
const tableTypes: Readonly<Record<FieldType, TableField['type']>> = {
  text: 'string',
  int: 'integer',
  bigint: 'integer',
  decimal: 'number',
  float: 'number',
  bool: 'boolean',
  timestamp: 'datetime',
  json: 'any',
}

/** The columns of a file as a Table Schema. A record's id is its primary key, as long as each has its own. */
export function tableSchema(
  columns: readonly PlannedColumn[],
  fields: readonly Pick<Field, 'name' | 'description'>[],
  missingValues: readonly string[],
): TableSchema {
  const descriptions = new Map(fields.map((field) => [field.name, field.description]))
  const id = columns.find(({ field, privacy }) => field === 'id' && !['generalise', 'drop'].includes(privacy))
  return {
    fields: columns.map(({ field, header, type }) => {
      const description = descriptions.get(field)
      if (description === undefined) throw new Error(`the column ${field} has no description`)
      return {
        name: header,
        type: tableTypes[type],
        ...(type === 'timestamp' && { format: 'default' }),
        description,
      }
    }),
    missingValues: [...missingValues],
    ...(id && { primaryKey: [id.header] }),
  }
}
