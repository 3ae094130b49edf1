import { alphanumeric, isIn } from './characters.ts'
import { compositionOf, longest, looksRandom } from './randomness.ts'

/** What is known of where a value stands. */
export interface ValuePlace {
  readonly quoted: boolean
  /** The value of a line of settings or a query. */
  readonly setting: boolean
  /** The quote was closed. */
  readonly closed: boolean
  /** The code unit after the value. */
  readonly next: number
}

/** Names of things in code: words joined by `.`, `_`, `-`, `::` with hardly a digit. */
const chain = /^[A-Za-z_$#.@-][\w$-]*(?:(?:\.|::|->|\/)[\w$-]+)*$/
const calls = new Set([40, 91, 46, 123].map((code) => code))

/** Whether the value of an unspecific name (token, secret, key) looks like a generated secret. */
export function seemsSecret(text: string, start: number, end: number, quoted: boolean): boolean {
  const length = end - start
  if (length < (quoted ? 10 : 12)) return false
  if (calls.has(text.charCodeAt(end))) return false
  let others = 0
  for (let at = start; at < Math.min(end, start + longest); at++) {
    const code = text.charCodeAt(at)
    if (code <= 32 || code > 126 || code === 40 || code === 41 || code === 123 || code === 60 || code === 91)
      return false
    if (!isIn(code, alphanumeric)) others++
  }
  const first = text.charCodeAt(start)
  // Paths and links.
  if (
    first === 47 ||
    first === 46 ||
    first === 126 ||
    text.slice(start, Math.min(end, start + 24)).includes('://')
  )
    return false
  if (others * 3 > Math.min(length, longest)) return false
  return looksRandom(text, start, end)
}

/** Whether the value of a name of passwords is one, and not code, prose or a label. */
export function seemsPassword(text: string, start: number, end: number, place: ValuePlace): boolean {
  const length = end - start
  if (length > 256) return seemsSecret(text, start, Math.min(end, start + 256), place.quoted)
  const value = text.slice(start, end)
  if (/[\s(){}<>[\]]/.test(value) || (place.quoted && !place.closed && length > 64)) return false
  const { digits, lowers, uppers } = compositionOf(text, start, end)
  const symbols = /[!@#$%^&*+?~=]/.test(value.slice(1))
  if (place.quoted) {
    if (place.setting && place.closed && length >= 4) return !/^[$%]/.test(value)
    if (digits > 0 && lowers + uppers > 0) return !isNumberedName(value)
    if (digits > 0) return length >= 4
    return symbols && !chain.test(value) && !/[=&]/.test(value)
  }
  if (calls.has(place.next) || /:\/\/|^\/|^\.\//.test(value)) return false
  if (place.setting) return length >= 4 && !/^[$%]/.test(value) && !(place.next === 40)
  if (length < 6) return false
  if (digits > 0 && lowers + uppers > 0) return !isNumberedName(value)
  return symbols && lowers + uppers > 0 && !chain.test(value) && !/[=&|]/.test(value)
}

/** `user2`-like names are words; `hunter2` is one too, so only those that code is full of count: with a dot or underscore. */
function isNumberedName(value: string): boolean {
  return chain.test(value) && /[._:-]/.test(value) && !/\d[A-Za-z]|\d\d/.test(value)
}
