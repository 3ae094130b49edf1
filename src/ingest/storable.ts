import { isJsonObject } from './json/exact-json.ts'

/**
 * Postgres' text holds no U+0000 and no half of a surrogate pair. They become U+FFFD, and the caller is told how many.
 */
export interface Storable<T> {
  readonly value: T
  readonly replaced: number
}

const unstorable = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

export function storableText(text: string): Storable<string> {
  if (!text.includes('\0') && text.isWellFormed()) return { value: text, replaced: 0 }
  let replaced = 0
  const value = text.replace(unstorable, () => {
    replaced++
    return '\uFFFD'
  })
  return { value, replaced }
}

/** The same for every string inside a JSON value, names of members among them. */
export function storableJson(value: unknown): Storable<unknown> {
  let replaced = 0
  const text = (part: string): string => {
    const storable = storableText(part)
    replaced += storable.replaced
    return storable.value
  }
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return text(part)
    if (Array.isArray(part)) return part.map(walk)
    if (isJsonObject(part)) {
      return Object.fromEntries(Object.entries(part).map(([name, member]) => [text(name), walk(member)]))
    }
    return part
  }
  return { value: walk(value), replaced }
}
