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

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y
const word = /(?:true|false|null)(?!\w)/y
const words: Readonly<Record<string, ExactJson>> = { true: true, false: false, null: null }
const escape = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y

const mark = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  listStart: 0x5b,
  backslash: 0x5c,
  listEnd: 0x5d,
  objectStart: 0x7b,
  objectEnd: 0x7d,
} as const

/** A shorter part of a text is a copy of its own in any case. */
const minSlice = 13
/** A longer part keeps the whole text in memory for as long as it is held itself; that of longer texts is too much. */
const maxKept = 2048

/**
 * Reads one JSON value: `JSON.parse` rounds numbers, does not tell the place of every fault, and with a reviver needs
 * gigabytes for some texts of a few megabytes. What is JSON, and what it means, is the same for both.
 */
class JsonParser {
  readonly #text: string
  #offset = 0
  #parts = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): ExactJson {
    const value = this.#value(0)
    this.#next()
    if (this.#offset < this.#text.length) this.#missing('the end')
    return value
  }

  #value(depth: number): ExactJson {
    if (depth > maxDepth) throw new JsonFault(`more than ${maxDepth} levels of nesting`, this.#offset)
    if (++this.#parts > maxParts)
      throw new JsonFault(`more than ${maxParts} parts of one value`, this.#offset)
    const code = this.#next()
    if (code === mark.quote || code === mark.objectStart || code === mark.listStart) {
      this.#offset++
      if (code === mark.quote) return this.#string()
      return code === mark.objectStart ? this.#object(depth) : this.#list(depth)
    }
    const digits = this.#match(number)
    if (digits === undefined) return words[this.#match(word) ?? this.#missing('a value')]!
    const value = Number(digits)
    return String(value) === digits ? value : new JsonNumber(digits)
  }

  #object(depth: number): ExactJson {
    const object: Record<string, ExactJson> = {}
    if (this.#take(mark.objectEnd)) return object
    do {
      if (!this.#take(mark.quote)) this.#missing('the name of a member in double quotes')
      const name = this.#string()
      if (!this.#take(mark.colon)) this.#missing('":"')
      const value = this.#value(depth + 1)
      // Assigning a member of this name would give the object another prototype.
      if (name === '__proto__') {
        Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
      } else object[name] = value
    } while (this.#take(mark.comma))
    if (!this.#take(mark.objectEnd)) this.#missing('"," or "}"')
    return object
  }

  #list(depth: number): ExactJson {
    const list: ExactJson[] = []
    if (this.#take(mark.listEnd)) return list
    do list.push(this.#value(depth + 1))
    while (this.#take(mark.comma))
    if (!this.#take(mark.listEnd)) this.#missing('"," or "]"')
    return list
  }

  /** The rest of a string whose opening quote is taken. */
  #string(): string {
    const text = this.#text
    const start = this.#offset
    let offset = start
    let isPlain = true
    for (;;) {
      const code = text.charCodeAt(offset)
      if (code === mark.quote) break
      if (code === mark.backslash) {
        this.#offset = offset
        if (this.#match(escape) === undefined) this.#missing('an escape that JSON knows')
        offset = this.#offset
        isPlain = false
      } else if (code >= 0x20) offset++
      else {
        this.#offset = offset
        this.#missing('the closing " of a text')
      }
    }
    this.#offset = offset + 1
    const length = offset - start
    const mayBeSlice = length < minSlice || text.length < maxKept || length > text.length / 2
    if (isPlain && mayBeSlice) return text.slice(start, offset)
    return JSON.parse(text.slice(start - 1, offset + 1)) as string
  }

  /** The code of what comes after any space; NaN at the end. */
  #next(): number {
    const text = this.#text
    let offset = this.#offset
    let code = text.charCodeAt(offset)
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++offset)
    this.#offset = offset
    return code
  }

  /** Takes a mark, after any space, if it comes next. */
  #take(code: number): boolean {
    if (this.#next() !== code) return false
    this.#offset++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    const start = this.#offset
    pattern.lastIndex = start
    if (!pattern.test(this.#text)) return undefined
    this.#offset = pattern.lastIndex
    return this.#text.slice(start, this.#offset)
  }

  #missing(expected: string): never {
    throw new JsonFault(unexpected(this.#text.codePointAt(this.#offset), expected), this.#offset)
  }
}

/** @throws JsonFault */
export function parseExactJson(text: string): ExactJson {
  return new JsonParser(text).whole()
}

/** @param found the code point; undefined at the end */
export function unexpected(found: number | undefined, expected: string): string {
  const what = found === undefined ? 'the text ends' : `found ${JSON.stringify(String.fromCodePoint(found))}`
  return `${what} where ${expected} was expected`
}
