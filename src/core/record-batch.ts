/**
 * A value as Postgres prints it, or null for SQL NULL. Nothing is parsed on the way to a file, so no digit is lost;
 * the column's type decides how it is written. Timestamps are UTC with six decimals and `Z`.
 */
export type Cell = string | null

/** Where a batch ends: the cells of the dataset's key columns, e.g. `[occurred_at, id]`. */
export type Key = readonly string[]

/** Records pulled together, cells in plan order. */
export interface RecordBatch {
  readonly rows: readonly (readonly Cell[])[]
  /** The rows' identities, whether or not `id` is among the columns. */
  readonly ids: readonly bigint[]
  readonly last: Key
}
