import { z } from 'zod'
import type { Column } from './field.ts'
import { conditionSchema, type Condition } from './filter.ts'
import {
  personalDataModes,
  privacyModes,
  pseudonymScopes,
  type PersonalDataMode,
  type PrivacyMode,
  type PseudonymScope,
} from './privacy.ts'

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
  /** What happens to values, for columns of which the default is not wanted. */
  privacy: z.array(z.strictObject({ field: z.string(), mode: z.enum(privacyModes) })),
  /** Absent: redact. */
  personalData: z.enum(personalDataModes).optional(),
  /** Absent: project. */
  pseudonymScope: z.enum(pseudonymScopes).optional(),
  /** Why something is wanted unredacted. */
  reason: z.string().optional(),
})
export type ExportSpec = z.infer<typeof exportSpecSchema>

/** What a spec means for its caller, frozen when the job is made: with the snapshot, all that a run needs. */
export interface PlannedColumn extends Column {
  readonly privacy: PrivacyMode
}

/** How the values of a plan are treated, whatever the column. */
export interface PlannedPrivacy {
  readonly personalData: PersonalDataMode
  readonly pseudonymScope: PseudonymScope
  /** The version of the privacy key that pseudonyms and marks are made with. */
  readonly keyVersion: number
}

export interface ExportPlan {
  readonly dataset: string
  readonly columns: readonly PlannedColumn[]
  readonly filter: readonly Condition[]
  readonly direction: Direction
  readonly format: string
  /** Parsed by the formatter's schema, defaults filled in. */
  readonly formatOptions: unknown
  /** A batch ends at so many rows, */
  readonly batchRows: number
  /** or earlier, with the first row whose stored bytes bring it past so many. */
  readonly batchBytes: number
  /** A part ends with the batch that brings it past so many bytes of the file, and nowhere else. */
  readonly partBytes: number
  readonly privacy: PlannedPrivacy
  /** How long the file is kept; plans of earlier versions do not say. */
  readonly fileDays?: number
}
