/**
 * Numbers and booleans are written bare, so they are recognised before they are: a cell that is no literal of its type
 * (a pseudonym in a number's column, say) is written as text, and can neither break the file nor pass a guard.
 */

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

/** True when the cell is a number as JSON has them; Postgres prints every finite number so. */
export function isNumber(cell: string): boolean {
  return number.test(cell)
}

/** True for the numbers of `float8` and `numeric` that are not finite, as Postgres prints them. */
export function isNonFinite(cell: string): boolean {
  return cell === 'NaN' || cell === 'Infinity' || cell === '-Infinity'
}

/** `true` or `false`, or undefined for a cell that is neither. Postgres prints `t` and `f`, its casts to text `true` and `false`. */
export function booleanLiteral(cell: string): 'true' | 'false' | undefined {
  if (cell === 't' || cell === 'true') return 'true'
  if (cell === 'f' || cell === 'false') return 'false'
  return undefined
}
