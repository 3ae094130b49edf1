import { z } from 'zod'

/**
 * Comparisons a caller may ask for. `eq` to null is not among them: `isNull` says it without doubt. An `in` of nothing
 * matches nothing.
 */
export const filterOperators = ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'isNull'] as const
export type FilterOperator = (typeof filterOperators)[number]

const scalar = z.union([z.string(), z.number(), z.boolean()])

/** One comparison; a filter is a list of them, all of which must hold. */
export const conditionSchema = z.strictObject({
  field: z.string(),
  operator: z.enum(filterOperators),
  value: z.union([scalar, z.array(scalar)]),
})
export type Condition = z.infer<typeof conditionSchema>
