import { digits, isIn, letters, lowers, uppers } from './characters.ts'

/** So many characters tell enough of a token; looking at more, at every keyword of a flood, would take too long. */
export const longest = 128
/** n · log2 n in whole 2^-16ths: sums of whole numbers are the same on every machine. */
const bitsOf = Int32Array.from({ length: longest + 1 }, (_, n) =>
  n === 0 ? 0 : Math.round(n * Math.log2(n) * 65_536),
)
const counts = new Uint16Array(128)

/** Whether the first 128 characters of the range have at least so many bits of Shannon entropy each. */
export function hasEntropy(text: string, start: number, end: number, bits: number): boolean {
  const stop = Math.min(end, start + longest)
  counts.fill(0)
  for (let at = start; at < stop; at++) counts[text.charCodeAt(at) & 127]!++
  let repeated = 0
  for (let at = 0; at < 128; at++) repeated += bitsOf[counts[at]!]!
  const length = stop - start
  return bitsOf[length]! - repeated >= Math.round(bits * 65_536) * length
}

export interface Composition {
  digits: number
  lowers: number
  uppers: number
  others: number
  /** How often a letter or digit is followed by one of another kind; a capital before small letters is no change. */
  changes: number
}

const kindAt = (text: string, at: number) => {
  const code = text.charCodeAt(at)
  return isIn(code, digits) ? 1 : isIn(code, lowers) ? 2 : isIn(code, uppers) ? 3 : 0
}

/** Counts the kinds of characters in (the first 128 of) a range. */
export function compositionOf(text: string, start: number, end: number): Composition {
  const composition = { digits: 0, lowers: 0, uppers: 0, others: 0, changes: 0 }
  let before = 0
  const stop = Math.min(end, start + longest)
  for (let at = start; at < stop; at++) {
    const kind = kindAt(text, at)
    if (kind === 1) composition.digits++
    else if (kind === 2) composition.lowers++
    else if (kind === 3) composition.uppers++
    else composition.others++
    if (before !== 0 && kind !== 0 && kind !== before && !(before === 3 && kind === 2)) composition.changes++
    before = kind
  }
  return composition
}

/** Whether the range has digits and letters among its first characters. */
export function isMixed(text: string, start: number, end: number): boolean {
  let digit = false
  let letter = false
  const stop = Math.min(end, start + longest)
  for (let at = start; at < stop && !(digit && letter); at++) {
    const code = text.charCodeAt(at)
    digit ||= isIn(code, digits)
    letter ||= isIn(code, letters)
  }
  return digit && letter
}

/** Whether the range looks drawn at random, as generated keys do, and not like words, names, versions or numbers. */
export function looksRandom(text: string, start: number, end: number): boolean {
  const length = Math.min(end - start, longest)
  const {
    digits: digitCount,
    lowers: lowerCount,
    uppers: upperCount,
    changes,
  } = compositionOf(text, start, end)
  // Long keys of both cases may have next to no digit; so many capitals inside words no name has.
  if (digitCount < 2 && length >= 24 && lowerCount > 2 && upperCount > 2)
    return changes * 5 >= length && hasEntropy(text, start, end, 3.5)
  if (digitCount < 2 || lowerCount + upperCount < 2) return false
  return changes * 6 >= length && hasEntropy(text, start, end, length < 16 ? 2.8 : 3)
}
