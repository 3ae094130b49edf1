import { canonicalDecimal } from '../../core/decimal.ts'
import type { FieldType } from '../../core/field.ts'
import { canonicalTime } from '../../core/time.ts'
import { canonicalJson } from '../json/exact-json.ts'
import { parseExactJson } from '../json/json-parser.ts'
import { fromPico, pico, plainDecimal, scaled } from '../normalise/decimal.ts'
import { storableJson, storableText, type Storable } from '../storable.ts'

/** A telling's value as the database would hold it, or why it cannot. */
export type Cell = Storable<string> | { readonly problem: string }

/** Longer than any name or title, short enough for an index entry and to be counted by rows. */
export const maxBoundedLength = 512

/** Of `numeric(20,12)`. */
const maxUnits = 10n ** 20n
const maxInt = 2n ** 31n - 1n
const maxBigint = 2n ** 63n - 1n

/**
 * A value in the one text that stands for it, the same whether it is told or read back: times with six decimals,
 * decimals without idle zeros, floats as JavaScript prints them, JSON compact.
 */
export function cellOf(type: FieldType, value: unknown): Cell {
  switch (type) {
    case 'text':
      return storableText(value as string)
    case 'bool':
      return plain(String(value))
    case 'int':
    case 'bigint':
      return wholeNumber(BigInt(value as number | bigint), type === 'int' ? maxInt : maxBigint)
    case 'decimal':
      return dollars(value as string)
    case 'float':
      return Number.isFinite(value) ? plain(floatText(value as number)) : { problem: 'not a finite number' }
    case 'timestamp':
      return plain(microseconds(value as string))
    case 'json':
      return jsonCell(value)
  }
}

/** What Postgres printed, as `cellOf` would have it. */
export function readBack(type: FieldType, printed: string): string {
  if (type === 'decimal') return canonicalDecimal(printed)
  if (type === 'float') return floatText(Number(printed))
  return type === 'timestamp' ? canonicalTime(printed) : printed
}

/** Whether two cells of one type stand for the same value. */
export function sameCell(type: FieldType, one: string | null, other: string | null): boolean {
  if (one === other) return true
  return type === 'json' && one !== null && other !== null && canonicalText(one) === canonicalText(other)
}

/** Of two cells that are believed alike, the one that stays, whichever came first. */
export function prefers(type: FieldType, one: string, other: string): boolean {
  if (one === other) return false
  return type === 'json' ? canonicalText(one) > canonicalText(other) : one > other
}

/** Compact JSON that Postgres can hold, digit for digit. */
export function jsonCell(value: unknown): Storable<string> {
  const text = JSON.stringify(value)
  // Postgres takes neither U+0000 nor half a character; a text about such escapes only looks like one.
  if (!/\\u(?:0000|d[89a-f])/.test(text)) return { value: text, replaced: 0 }
  const storable = storableJson(value)
  return { value: JSON.stringify(storable.value), replaced: storable.replaced }
}

export function canonicalText(json: string): string {
  return canonicalJson(parseExactJson(json))
}

function plain(value: string): Storable<string> {
  return { value, replaced: 0 }
}

function floatText(value: number): string {
  // Not String alone: of zero, one sign is enough.
  return String(value === 0 ? 0 : value)
}

function wholeNumber(value: bigint, max: bigint): Cell {
  if (value > max || value < -max - 1n) return { problem: `${value}: more than the database can hold` }
  return plain(String(value))
}

/** Rounded to the column's twelve decimals here, since what the database rounds would never read back the same. */
function dollars(text: string): Cell {
  const decimal = plainDecimal(text)
  if (decimal === undefined) return { problem: `${text}: not a decimal` }
  const units = scaled(decimal, pico)
  if (units >= maxUnits || units <= -maxUnits) return { problem: `${text}: more than the database can hold` }
  return plain(fromPico(units))
}

/** `2025-08-10T15:31:38Z` -> `2025-08-10T15:31:38.000000Z`. */
function microseconds(instant: string): string {
  const [whole, fraction = ''] = instant.slice(0, -1).split('.')
  return `${whole}.${fraction.padEnd(6, '0')}Z`
}
