import { JsonNumber } from './exact-json.ts'
import type { ExactJson } from './exact-json.ts'

/** Where a text stops being JSON, or JSON that we take. */
export class JsonFault extends Error {
  /** From 0, in UTF-16 units. */
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.name = 'JsonFault'
    this.offset = offset
  }
}

/** More than any record needs, and little enough for every stack that a value passes, Postgres' among them. */
const maxDepth = 100
/** Members and elements in one value: 64 MiB of `[],[],[]` must not become gigabytes of objects. */
const maxParts = 100_000

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const word = /(?:true|false|null)(?!\w)/y
const words: Readonly<Record<string, ExactJson>> = { true: true, false: false, null: null }
const escape = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y

/**
 * Reads JSON value by value: `JSON.parse` rounds numbers, does not tell the place of every fault, and with a reviver
 * needs gigabytes for some texts of a few megabytes. What is JSON, and what it means, is the same for both.
 */
export class JsonParser {
  readonly text: string
  offset = 0
  #parts = 0

  constructor(text: string) {
    this.text = text
  }

  /** @throws JsonFault */
  value(): ExactJson {
    this.#parts = 0
    return this.#value(0)
  }

  skipSpace(): void {
    this.#match(space)
  }

  /** Takes one of the marks, after any space; undefined if something else comes. */
  take(marks: string): string | undefined {
    this.skipSpace()
    const mark = this.text[this.offset]
    if (mark === undefined || !marks.includes(mark)) return undefined
    this.offset++
    return mark
  }

  /** @throws JsonFault unless nothing but space is left */
  end(): void {
    this.skipSpace()
    if (this.offset < this.text.length) this.missing('the end')
  }

  missing(expected: string): never {
    const found = this.text.codePointAt(this.offset)
    const what =
      found === undefined ? 'the text ends' : `found ${JSON.stringify(String.fromCodePoint(found))}`
    throw new JsonFault(`${what} where ${expected} was expected`, this.offset)
  }

  #value(depth: number): ExactJson {
    if (depth > maxDepth) throw new JsonFault(`more than ${maxDepth} levels of nesting`, this.offset)
    if (++this.#parts > maxParts) throw new JsonFault(`more than ${maxParts} parts of one value`, this.offset)
    const mark = this.take('{["')
    if (mark === '{') return this.#object(depth)
    if (mark === '[') return this.#list(depth)
    if (mark === '"') return this.#string()
    const digits = this.#match(number)
    if (digits !== undefined)
      return String(Number(digits)) === digits ? Number(digits) : new JsonNumber(digits)
    return words[this.#match(word) ?? this.missing('a value')]!
  }

  #object(depth: number): ExactJson {
    const object = {}
    if (this.take('}')) return object
    do {
      if (!this.take('"')) this.missing('the name of a member in double quotes')
      const name = this.#string()
      if (!this.take(':')) this.missing('":"')
      const value = this.#value(depth + 1)
      // Not by assignment: a member may be called __proto__.
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
    } while (this.take(','))
    if (!this.take('}')) this.missing('"," or "}"')
    return object
  }

  #list(depth: number): ExactJson {
    const list: ExactJson[] = []
    if (this.take(']')) return list
    do list.push(this.#value(depth + 1))
    while (this.take(','))
    if (!this.take(']')) this.missing('"," or "]"')
    return list
  }

  /** The rest of a string whose opening quote is taken. */
  #string(): string {
    const start = this.offset
    let isPlain = true
    for (;;) {
      const code = this.text.charCodeAt(this.offset)
      if (code === 0x22) break
      if (code === 0x5c) {
        if (this.#match(escape) === undefined) this.missing('an escape that JSON knows')
        isPlain = false
      } else if (code >= 0x20) this.offset++
      else this.missing('the closing " of a text')
    }
    const end = this.offset++
    return isPlain ? this.text.slice(start, end) : (JSON.parse(this.text.slice(start - 1, end + 1)) as string)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.offset = pattern.lastIndex
    return found
  }
}

/** @throws JsonFault */
export function parseExactJson(text: string): ExactJson {
  const parser = new JsonParser(text)
  const value = parser.value()
  parser.end()
  return value
}
