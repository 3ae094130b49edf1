import { digits, isIn } from '../characters.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'
import { startsWord } from '../shapes.ts'
import { endsInside, startsInside } from './numbers.ts'

export const phoneNumber: Rule = {
  id: 'phone-number',
  description: 'Phone numbers: international (+…), and national ones in their usual writing',
  kind: 'personal',
  rank: 2,
  keywords: [],
  find: () => {},
}

const longest = 24
/** Country codes by their first digits; what is not here is three digits long. */
const short = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/
const unassigned =
  /^(?:21[04579]|28|37[^0-8]|38[^0-25-79]|42[^013]|69[^0-2]|67[1]|80[^08]|83|85[^02356]|87|88[^0-36-8]|89|97[^0-9]|99[^2-68])/

/** Reports the international number whose `+` stands at `at`; answers whether there is one. */
export function findInternational(scan: Scan, at: number): boolean {
  if (!startsWord(scan, at) || scan.code(at - 1) === 43 || !scan.has(at + 1, digits)) return false
  // Of digits in groups, the last ones may be another number.
  for (const end of groupEnds(scan, at + 1)) {
    if (!isInternational(scan, at, end)) continue
    scan.report(phoneNumber, at, end)
    return true
  }
  return false
}

function isInternational(scan: Scan, at: number, end: number): boolean {
  const figures = scan.text.slice(at + 1, end).replace(/\D/g, '')
  if (figures.startsWith('0') || figures.length < 9 || figures.length > 15) return false
  if (endsInside(scan, end) && !endsInPath(scan, at, end)) return false
  if (unassigned.test(figures) || (!short.test(figures) && figures.length < 10)) return false
  if (figures.startsWith('1') && !/^1[2-9]\d\d[2-9]\d{6}$/.test(figures)) return false
  // Sums and differences are written so, too, and places on a map.
  if (end - at - 1 === figures.length && (figures.length < 10 || /0{5}$/.test(figures))) return false
  return !/^\+\d{1,3}\.\d{5,}/.test(scan.text.slice(at, end))
}

/** Where digits in groups, with one or two separators between them, end, the farthest first. */
function groupEnds(scan: Scan, from: number): readonly number[] {
  const ends: number[] = []
  let at = from
  let end = from
  const stop = Math.min(scan.to, from + longest)
  while (at < stop) {
    const code = scan.text.charCodeAt(at)
    if (isIn(code, digits)) {
      end = at + 1
      if (end === stop || !scan.has(end, digits)) ends.push(end)
    } else if (code !== 32 && code !== 45 && code !== 46 && code !== 40 && code !== 41 && code !== 47) break
    else if (at - end >= 2) break
    at++
  }
  scan.allowance.left -= at - from
  return ends.reverse()
}

const national = [
  // (555) 123-4567, 555-123-4567, 555.123.4567
  /\(?[2-9]\d\d\)[ ]?[2-9]\d\d[-. ]\d{4}/y,
  /[2-9]\d\d-[2-9]\d\d-\d{4}/y,
  /[2-9]\d\d\.[2-9]\d\d\.\d{4}/y,
  // 0171 1234567, 0171/1234567, 030-12345678, (030) 12345678
  /\(?0[1-9]\d{1,3}\)?(?: |\/|-| \/ )[1-9]\d{5,7}/y,
  // 020 7946 0958, 0171 123 4567
  /0[1-9]\d{1,3} \d{3,4} \d{3,4}/y,
  // 01 23 45 67 89
  /0[1-9](?:([ .])\d\d)(?:\1\d\d){3}/y,
]

/** Reports the national number that begins at `at`, a digit or a bracket; answers whether there is one. */
export function findNational(scan: Scan, at: number): boolean {
  const before = scan.code(at - 1)
  if (before === 46 || before === 45 || (startsInside(scan, at) && before !== 47)) return false
  scan.allowance.left -= longest
  for (const shape of national) {
    shape.lastIndex = at
    const found = shape.exec(scan.text)
    if (!found) continue
    const end = at + found[0].length
    // Dumps of bytes: 01 02 03 04 05.
    if (/(?:[ .]0\d){3}/.test(found[0])) continue
    const count = found[0].replace(/\D/g, '').length
    if (end > scan.to || count < 9 || count > 11 || nextToNumber(scan, at, end)) continue
    if (endsInside(scan, end) && !endsInPath(scan, at, end)) continue
    scan.report(phoneNumber, at, end)
    return true
  }
  return false
}

/** A number in groups may be the name of a folder. */
function endsInPath(scan: Scan, from: number, to: number): boolean {
  return scan.code(to) === 47 && scan.text.slice(from, to).includes(' ')
}

/** Columns of numbers are no phone numbers, but those that only phones are written like. */
function nextToNumber(scan: Scan, start: number, end: number): boolean {
  if (/^\(|^\d{3}-\d{3}-/.test(scan.text.slice(start, start + 9))) return false
  const before = scan.code(start - 1) === 32 && (scan.has(start - 2, digits) || scan.code(start - 2) === 46)
  return before || (scan.code(end) === 32 && scan.has(end + 1, digits))
}
