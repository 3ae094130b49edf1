import type { Tally } from './tally.ts'

/** The text with each lone surrogate as U+FFFD, counted: UTF-8 has no bytes for them. */
export function replaceLoneSurrogates(text: string, tally: Tally, column: number): string {
  if (text.isWellFormed()) return text
  tally.add('replaced', column, countLoneSurrogates(text))
  return text.toWellFormed()
}

/** A loop, since a text of 16 MiB may be full of them and a callback for each would take a second. */
function countLoneSurrogates(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (unit < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) i++
    else count++
  }
  return count
}

const escapedSurrogate = /\\u[dD][89a-fA-F]/
/** Every escape is matched, so that the second backslash of `\\ud800` is not taken for the start of one. */
const escapes = /\\(?:[^u]|u[dD][89abAB]..\\u[dD][c-fC-F]..|u([dD][89a-fA-F]..)?)/gs

/**
 * JSON text with each escaped lone surrogate as `\ufffd`, counted: readers refuse it, or make of it a string that they
 * cannot write again. Pairs stay as they are.
 */
export function replaceEscapedLoneSurrogates(json: string, tally: Tally, column: number): string {
  if (!escapedSurrogate.test(json)) return json
  let count = 0
  const mended = json.replace(escapes, (escape: string, lone: string | undefined) => {
    if (lone === undefined) return escape
    count++
    return '\\ufffd'
  })
  tally.add('replaced', column, count)
  return mended
}
