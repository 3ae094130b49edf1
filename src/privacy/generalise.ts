import type { FieldType } from '../core/field.ts'

/**
 * A time as the beginning of its day in UTC; a number cut to its first digit: 12345 becomes 10000, -0.0187 becomes -0.01.
 * @param text as files have it
 */
export function generalise(type: FieldType, text: string): string {
  return type === 'timestamp' ? text.replace(/T.*/, 'T00:00:00.000000Z') : cutNumber(text)
}

function cutNumber(text: string): string {
  const exponentAt = text.search(/e/i)
  const digits = exponentAt < 0 ? text : text.slice(0, exponentAt)
  const first = digits.search(/[1-9]/)
  // Zero, and what is no number: NaN, Infinity.
  if (first < 0) return text
  const point = digits.indexOf('.')
  const kept = digits.slice(0, first + 1)
  const cut =
    point < 0 || point > first ? kept + '0'.repeat((point < 0 ? digits.length : point) - first - 1) : kept
  return exponentAt < 0 ? cut : cut + text.slice(exponentAt)
}
