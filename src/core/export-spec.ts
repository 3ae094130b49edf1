import { z } from 'zod'
import type { Column } from './field.ts'
import { conditionSchema, type Condition } from './filter.ts'

/** Records are ordered by their time, ties by their id. */
export const directions = ['ASC', 'DESC'] as const
export type Direction = (typeof directions)[number]

/** What a caller asks for. */
export const exportSpecSchema = z.strictObject({
  dataset: z.string(),
  /** In file order; absent: the dataset's default columns. */
  fields: z.array(z.string()).optional(),
  filter: z.array(conditionSchema),
  direction: z.enum(directions),
  format: z.string(),
  formatOptions: z.record(z.string(), z.unknown()),
})
export type ExportSpec = z.infer<typeof exportSpecSchema>

/** What a spec means for its caller, frozen when the job is made: with the snapshot, all that a run needs. */
export interface ExportPlan {
  readonly dataset: string
  readonly columns: readonly Column[]
  readonly filter: readonly Condition[]
  readonly direction: Direction
  readonly format: string
  /** Parsed by the formatter's schema, defaults filled in. */
  readonly formatOptions: unknown
  /** A batch ends at so many rows, */
  readonly batchRows: number
  /** or earlier, with the first row whose stored bytes bring it past so many. */
  readonly batchBytes: number
}
