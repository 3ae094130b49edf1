import type { SQL } from 'drizzle-orm'
import type { Field } from '../core/field.ts'
import type { Condition } from '../core/filter.ts'
import type { Direction } from '../core/export-spec.ts'
import type { Key } from '../core/record-batch.ts'

/** Which records of a dataset, all of one project. */
export interface RecordSelection {
  readonly projectId: number
  readonly filter: readonly Condition[]
  /** Postgres' text of the instant to show; undefined: now. */
  readonly snapshot?: string
}

/** Which of them come next. */
export interface PageSelection extends RecordSelection {
  /** Names of fields, in the order in which their cells are wanted. */
  readonly fields: readonly string[]
  /** Those of them of which nothing may be read: their cells are null. */
  readonly blank?: ReadonlySet<string>
  readonly direction: Direction
  /** The key of the last record before the page. */
  readonly after?: Key
  readonly rows: number
  /** The page ends with the first record that brings its stored bytes past so many. */
  readonly bytes?: number
}

/**
 * A named kind of record that can be browsed and exported: one file in this folder and one line in `registry.ts`.
 * Its SQL is run by `exports/read.ts` alone.
 */
export interface Dataset {
  /** snake_case and plural: the name in files and on the command line. */
  readonly id: string
  /** What people type on the command line, e.g. `results`. */
  readonly shortName: string
  /** The GraphQL name of one record, e.g. `EvaluationResult`. */
  readonly recordName: string
  /** What a record's public id begins with, before `_` and its number: `evr`. */
  readonly idPrefix: string
  readonly description: string
  readonly fields: readonly Field[]
  /**
   * The next page of records: the wanted cells, then the record's time and its number, which are its key. Ordered by the
   * key.
   */
  page(selection: PageSelection): SQL
  /** One row, one cell: how many there are. */
  count(selection: RecordSelection): SQL
  /** A row for each, of no cells: to be estimated, not to be run. */
  every(selection: RecordSelection): SQL
  /** One row: how many there are, and the sum and the bitwise xor of their numbers. */
  fold(selection: RecordSelection): SQL
}

export function fieldByName(dataset: Dataset, name: string): Field | undefined {
  return dataset.fields.find((field) => field.name === name)
}
