import { isJsonObject, numberText, plainJson } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { countOf, isUnknown, usdOf } from './quantities.ts'
import { wholeOrSize } from '../whole-or-size.ts'

/**
 * The figures of a usage payload by the names that it gives them. A member that is missing, null or says that nothing
 * is known is undefined; one that is no such figure is undefined too, and noted in `problems` by name and value.
 */
export class UsageMembers {
  readonly problems: string[] = []
  readonly #payload: JsonObject

  constructor(payload: JsonObject) {
    this.#payload = payload
  }

  tokens(...path: string[]): bigint | undefined {
    return this.#figure(path, 'a whole number of tokens, 0 or more', countOf)
  }

  nanoseconds(name: string): bigint | undefined {
    return this.#figure([name], 'a whole number of nanoseconds, 0 or more', countOf)
  }

  dollars(name: string): string | undefined {
    return this.#figure([name], 'US dollars, 0 or more', usdOf)
  }

  requests(name: string): number | undefined {
    return this.#figure([name], 'a whole number of requests, 0 or more', (text) => {
      const count = countOf(text)
      return count === undefined || count > 2n ** 31n - 1n ? undefined : Number(count)
    })
  }

  #figure<T>(path: readonly string[], what: string, read: (text: string) => T | undefined): T | undefined {
    const value = this.#at(path)
    if (value === undefined || value === null) return undefined
    const text = typeof value === 'string' ? value : numberText(value)
    if (typeof value === 'string' && isUnknown(value)) return undefined
    const figure = text === undefined ? undefined : read(text)
    if (figure === undefined) this.#note(path, what, value)
    return figure
  }

  #at(path: readonly string[]): ExactJson | undefined {
    let value: ExactJson | undefined = this.#payload
    for (const [depth, name] of path.entries()) {
      if (value === undefined || value === null) return undefined
      if (!isJsonObject(value)) {
        this.#note(path.slice(0, depth), 'an object', value)
        return undefined
      }
      value = Object.hasOwn(value, name) ? value[name] : undefined
    }
    return value
  }

  #note(path: readonly string[], what: string, found: ExactJson): void {
    const problem = `${path.join('.')}: expected ${what}, found ${described(found)}`
    // Two figures may lie in one member that is no object.
    if (!this.problems.includes(problem)) this.problems.push(problem)
  }
}

/** What was found where something else was expected, short enough for a sentence. */
export function described(value: ExactJson): string {
  if (Array.isArray(value)) return 'a list'
  if (isJsonObject(value)) return 'an object'
  return wholeOrSize(numberText(value) ?? JSON.stringify(plainJson(value)))
}
