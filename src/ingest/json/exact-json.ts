import { canonicalDecimal } from '../../core/decimal.ts'
import { plainDecimal } from '../normalise/decimal.ts'

/** A number whose text a float does not give back, such as `0.10`, `1.4e-7` or a count beyond 2^53. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }

  /** `JSON.stringify` writes it digit for digit; one that no database would hold, such as 1e999999, as a text. */
  toJSON(): unknown {
    return plainDecimal(this.text) === undefined ? this.text : JSON.rawJSON(this.text)
  }
}

declare global {
  interface JSON {
    /** In Node from 21 on; not yet in TypeScript's library. @throws SyntaxError for a text that is no JSON primitive */
    rawJSON(text: string): unknown
  }
}

/** JSON that has lost no digit. */
export type ExactJson = null | boolean | string | number | JsonNumber | readonly ExactJson[] | JsonObject
export interface JsonObject {
  readonly [name: string]: ExactJson
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber)
  )
}

/** A number as it was printed; undefined for what is none. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return value instanceof JsonNumber ? value.text : undefined
}

/** The same text for the same value, however it was formatted and its members ordered. */
export function canonicalJson(value: ExactJson): string {
  if (value instanceof JsonNumber) return String(nearestPlain(value))
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isJsonObject(value)) return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name]!)}`).join(',')}}`
}

/** The value as plain JSON; a number that no float equals becomes its text. */
export function plainJson(value: ExactJson): unknown {
  if (value instanceof JsonNumber) return nearestPlain(value)
  if (Array.isArray(value)) return value.map(plainJson)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plainJson(part)]))
}

function nearestPlain({ text }: JsonNumber): number | string {
  const printed = plainDecimal(String(Number(text)))
  const written = plainDecimal(text)
  const isEqual =
    written !== undefined && printed !== undefined && canonicalDecimal(printed) === canonicalDecimal(written)
  return isEqual ? Number(text) : text
}
