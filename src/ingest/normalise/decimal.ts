import { canonicalDecimal } from '../../core/decimal.ts'

/** One dollar or whatever it is, in the smallest part that a `numeric(20,12)` holds. */
export const pico = 10n ** 12n

/** Longer than any figure that was ever measured, short enough that `1e999999999` costs nothing. */
const maxDigits = 400

/**
 * A decimal literal (`0.000343`, `1.4e-7`) written out in full, `-` before it if it is below zero: every printed digit
 * stays, the exponent is resolved, nothing passes through a float. Undefined for what is no such literal.
 */
export function plainDecimal(literal: string): string | undefined {
  if (literal.length > maxDigits) return undefined
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/.exec(literal)
  if (!match) return undefined
  const [, minus = '', integer = '', fraction = '', exponent = '0'] = match
  const digits = integer + fraction
  const point = integer.length + Number(exponent)
  const isZero = !/[1-9]/.test(digits)
  if (!isZero && (point > maxDigits || point < -maxDigits)) return undefined
  const shift = isZero ? integer.length : point
  const whole =
    digits
      .slice(0, Math.max(shift, 0))
      .padEnd(shift, '0')
      .replace(/^0+(?=\d)/, '') || '0'
  const part = shift < 0 ? '0'.repeat(-shift) + digits : digits.slice(shift)
  return `${isZero ? '' : minus}${whole}${part ? `.${part}` : ''}`
}

/** So many millionths of a millionth, as a decimal without idle zeros: 343_000_000n -> `0.000343`. */
export function fromPico(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(13, '0')
  const amount = canonicalDecimal(`${digits.slice(0, -12)}.${digits.slice(-12)}`)
  return units < 0n ? `-${amount}` : amount
}

/** A plain decimal times `unit`, as a whole number; a half is rounded away from zero. */
export function scaled(decimal: string, unit: bigint): bigint {
  const [whole = '', part = ''] = decimal.replace('-', '').split('.')
  const divisor = 10n ** BigInt(part.length)
  const product = BigInt(whole + part) * unit
  const rounded = (product * 2n + divisor) / (divisor * 2n)
  return decimal.startsWith('-') ? -rounded : rounded
}
