import type { z } from 'zod'
import type { Column } from '../core/field.ts'
import type { Counts } from '../core/counts.ts'
import type { RecordBatch } from '../core/record-batch.ts'

/** What one file holds: its dataset and its columns, in order. */
export interface TableShape {
  readonly dataset: string
  readonly columns: readonly Column[]
}

/**
 * Turns batches into bytes. It keeps no state between calls and reads no clock: the same calls give the same bytes on
 * any machine, after any crash. Each call's bytes are whole UTF-8 characters and whole records.
 */
export interface Encoder {
  head(): Uint8Array | string
  /** @param rowsBefore how many rows of this file were encoded before this batch */
  rows(
    batch: RecordBatch,
    rowsBefore: bigint,
  ): { readonly bytes: Uint8Array | string; readonly counts: Counts }
  /** @param rows how many rows the file holds in all */
  tail(rows: bigint): Uint8Array | string
}

/** An entry of the format registry: one file in this folder and one line in `registry.ts`. */
export interface Formatter<Options = unknown> {
  /** Lower case; its upper case is the GraphQL enum value. */
  readonly id: string
  readonly description: string
  /** Without the dot. */
  readonly extension: string
  readonly mediaType: string
  /** Every option has a default, so that `{}` parses. */
  readonly options: z.ZodType<Options>
  encoder(table: TableShape, options: Options): Encoder
}
