import type { TableDialect } from '../../core/manifest.ts'
import { csvRows } from './csv-rows.ts'
import { jsonRows } from './json-rows.ts'
import { xmlRows } from './xml-rows.ts'

/** What a file holds, read by its format and not by what is said of it. */
export interface RowsFound {
  readonly rows: number
  /** Where the columns are not those expected: what stands there; undefined: nowhere. */
  readonly wrongColumns: string | undefined
}

/** Counts the rows of a file as its bytes pass, in little memory however large it is. */
export interface RowReader {
  /** The bytes may be overwritten when it is done. @throws Error that says where the format is broken */
  readonly read: (chunk: Uint8Array) => void | Promise<void>
  /** @throws Error when the file ends too early */
  readonly end: () => RowsFound | Promise<RowsFound>
}

/** @returns undefined for a format whose rows cannot be counted here */
export function rowReader(
  format: string,
  columns: readonly string[],
  dialect: TableDialect | undefined,
): RowReader | undefined {
  if (format === 'csv') return csvRows(columns, dialect)
  if (format === 'json' || format === 'ndjson') return jsonRows(columns, format)
  return format === 'xml' ? xmlRows(columns) : undefined
}
