import { plainDecimal, scaled } from './decimal.ts'

/**
 * Figures as people and programs write them, read without loss. Undefined always means: this cannot be read as such a
 * figure; whether it says "unknown" is asked first, by `isUnknown`.
 */

const maxBigint = 2n ** 63n - 1n
const second = 1_000_000_000n
const units: Readonly<Record<string, bigint>> = {
  h: 3600n * second,
  min: 60n * second,
  m: 60n * second,
  sec: second,
  s: second,
  ms: 1_000_000n,
}
const unknownWords: ReadonlySet<string> = new Set(['', '-', '–', '—', 'n/a', 'na', 'null', 'none', 'unknown'])

/** `N/A`, `-`, nothing: the source says that it does not know. */
export function isUnknown(text: string): boolean {
  return unknownWords.has(text.trim().toLowerCase())
}

/** `1001`, `111,547`: a whole number that Postgres' bigint holds. */
export function countOf(text: string): bigint | undefined {
  const decimal = plainDecimal(ungrouped(text.trim()) ?? '')
  if (decimal === undefined || decimal.startsWith('-')) return undefined
  const [whole = '', part = ''] = decimal.split('.')
  if (/[1-9]/.test(part)) return undefined
  const count = BigInt(whole)
  return count > maxBigint ? undefined : count
}

/** `$0.000343`, `0.0103`, `1.4e-7`: US dollars as an exact decimal with every printed digit. */
export function usdOf(text: string): string | undefined {
  const decimal = plainDecimal(ungrouped(text.trim().replace(/^\$ ?/, '')) ?? '')
  if (decimal === undefined || decimal.startsWith('-')) return undefined
  // The column is numeric(20,12): ten million dollars for one answer would not fit, and is a mistake.
  return decimal.split('.')[0]!.length > 7 ? undefined : decimal
}

/** Seconds as a bare number, `3.03` or `1e-3`, in nanoseconds. */
export function secondsOf(text: string): bigint | undefined {
  const decimal = plainDecimal(text.trim())
  return decimal === undefined ? undefined : nanoseconds(decimal, second)
}

/**
 * `3.03s`, `1,203.5s`, `350ms`, `2m 5.2s`, `1h 2m`: a duration in nanoseconds. A number without a unit is none: what
 * it counts would be a guess.
 */
export function durationOf(text: string): bigint | undefined {
  const parts = /(\d[\d,]*(?:\.\d+)?) ?(h|min|ms|m|sec|s)(?![a-z]) ?/y
  const written = text.trim().toLowerCase()
  let total = 0n
  let previous: bigint | undefined
  while (parts.lastIndex < written.length) {
    const part = parts.exec(written)
    const unit = units[part?.[2] ?? '']
    const decimal = plainDecimal(ungrouped(part?.[1] ?? '') ?? '')
    if (unit === undefined || decimal === undefined) return undefined
    if (previous !== undefined && unit >= previous) return undefined
    total += scaled(decimal, unit)
    previous = unit
  }
  return previous === undefined || total > maxBigint ? undefined : total
}

function nanoseconds(decimal: string, unit: bigint): bigint | undefined {
  const total = scaled(decimal, unit)
  return decimal.startsWith('-') || total > maxBigint ? undefined : total
}

/** Without thousands separators, which must stand where they belong: `1,00` may well mean one point nothing. */
function ungrouped(text: string): string | undefined {
  if (!text.includes(',')) return text
  return /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(',', '') : undefined
}
