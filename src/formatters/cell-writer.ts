import type { Column, FieldType } from '../core/field.ts'
import type { Cell } from '../core/record-batch.ts'
import type { Tally } from './tally.ts'

/** Writes one cell that is not NULL; `column` is its place, under which the tally counts what could not be kept. */
export type WriteCell = (cell: string, tally: Tally, column: number) => string

/** A format's way of writing each type. */
export type CellWriters = Readonly<Record<FieldType, WriteCell>>

/** The writers in column order, so that no type is looked up while rows are written. */
export function writersFor(columns: readonly Column[], writers: CellWriters): readonly WriteCell[] {
  return columns.map((column) => writers[column.type])
}

/** @throws Error for a row that is too short, since its missing cells would pass for NULL */
export function assertWidth(row: readonly Cell[], width: number): void {
  if (row.length < width) throw new Error(`A row has ${row.length} cells for ${width} columns.`)
}
