import { z } from 'zod'
import type { Problem } from '../core/errors.ts'
import type { Field, FieldType } from '../core/field.ts'
import type { Condition } from '../core/filter.ts'

// Postgres has no year 0, no zone beyond 15:59:59 and no time of more than some hundred characters; nor has it text with
// U+0000 or half a character in it.
const instant = z.iso
  .datetime({ offset: true })
  .max(64)
  .refine((text) => !text.startsWith('0000') && !/[+-](1[6-9]|2\d):\d\d$/.test(text))
const text = z.string().refine((value) => !value.includes('\0') && value.isWellFormed())
const number = z
  .union([z.number(), z.string().regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)])
  .refine((value) => Number.isFinite(Number(value)))

const values: Record<FieldType, { schema: z.ZodType; says: string }> = {
  text: { schema: text, says: 'text without U+0000 and lone surrogates' },
  int: { schema: number, says: 'a number' },
  bigint: { schema: number, says: 'a number' },
  decimal: { schema: number, says: 'a number' },
  float: { schema: number, says: 'a number' },
  bool: { schema: z.boolean(), says: 'true or false' },
  timestamp: { schema: instant, says: 'a time with its zone, e.g. 2026-05-24T13:46:19Z' },
  json: { schema: z.never(), says: 'nothing: JSON fields cannot be compared' },
}

/** What is wrong with a condition on a field that may be filtered on, as a sentence. */
export function conditionProblem(field: Field, condition: Condition): Problem['message'] | undefined {
  if (condition.operator === 'isNull') {
    return typeof condition.value === 'boolean' ? undefined : `isNull takes true or false.`
  }
  const { schema, says } = values[field.type]
  if (condition.operator === 'in') {
    if (!Array.isArray(condition.value)) return `in takes a list.`
    const wrong = condition.value.find((value) => !schema.safeParse(value).success)
    return wrong === undefined ? undefined : `${field.name} is ${says}; ${JSON.stringify(wrong)} is not.`
  }
  if (Array.isArray(condition.value)) return `${condition.operator} takes one value; use in for a list.`
  if (field.type === 'bool' && condition.operator !== 'eq') return `${field.name} can only be compared by eq.`
  return schema.safeParse(condition.value).success
    ? undefined
    : `${field.name} is ${says}; ${JSON.stringify(condition.value)} is not.`
}
