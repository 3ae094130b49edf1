import { alphanumeric, hyphenated, isIn, letters, mailLocal } from '../characters.ts'
import { markerStart } from '../markers.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'

/** Endings that files and code have after an @ (icon@2x.png, self@other.T). */
const files = new Set(
  `png jpg jpeg gif webp svg ico css scss less js mjs cjs ts tsx jsx json md html htm xml yml yaml toml lock map py rb go rs
  java txt log zip gz tgz tar wasm node sh`.split(/\s+/),
)
/** Accounts that machines have. */
const machines = new Set(['git', 'svn', 'hg'])

/** Letters beyond ASCII that words of Latin script have: they may stand in an address. */
const isLatin = (code: number) => code >= 0xc0 && code <= 0x24f

export const mailAddress: Rule = {
  id: 'mail-address',
  description: 'Mail addresses',
  kind: 'personal',
  rank: 1,
  keywords: ['@', '%40'],
  find: (scan, at, keyword) => {
    const start = localStart(scan, at)
    if (start === at || machines.has(scan.text.slice(start, at))) return
    const isPerson = /^[A-Za-z]{2,}[._][A-Za-z]{2,}$/.test(scan.text.slice(start, at))
    const end = domainEnd(scan, at + keyword.length, isPerson)
    if (end > 0) scan.report(mailAddress, start, end)
  },
}

function localStart(scan: Scan, at: number): number {
  let start = at
  const stop = Math.max(scan.from, at - 64)
  while (start > stop) {
    const code = scan.text.charCodeAt(start - 1)
    if (!isIn(code, mailLocal) && !isLatin(code)) break
    start--
  }
  scan.allowance.left -= at - start
  // An escape's letter is not of the address; quotes and signs before it are not either.
  if (scan.code(start - 1) === 92 && /[nrt]/.test(scan.text[start] ?? '')) start++
  while (start < at && /[.'%+-]/.test(scan.text[start]!)) start++
  return start
}

/** Ends of domains that are no words of code: what follows them with a dot or in brackets is not of the address. */
const wellKnown = new Set(
  `com org net edu gov de uk fr nl ch at eu us ca au jp br in info io co dev ai app example test`.split(
    /\s+/,
  ),
)
/** Endings of files that are countries, too. */
const countries = new Set(['rs', 'py', 'md', 'sh'])

/** Labels with dots between them, the last of letters; -1 if it is no domain. */
function domainEnd(scan: Scan, from: number, isPerson: boolean): number {
  let at = from
  let end = -1
  let sure = -1
  for (let label = 0; label < 12; label++) {
    let stop = at
    while (stop - at < 63 && (scan.has(stop, hyphenated) || isLatin(scan.code(stop)))) stop++
    scan.allowance.left -= stop - at + 1
    if (stop === at || !(scan.has(at, alphanumeric) || isLatin(scan.code(at)))) break
    if (label > 0) {
      const top = scan.shortRun(letters, at, 63)
      const name = scan.text.slice(at, top).toLowerCase()
      const isFile = files.has(name) && !(isPerson && label === 1 && countries.has(name))
      if (top === stop && top - at >= 2 && top - at <= 24 && !isFile) end = top
      else if (top === stop) end = -1
      else if (name === 'xn') end = stop
      else end = -1
      if (end > 0 && wellKnown.has(name)) sure = end
    }
    if (scan.code(stop) !== 46) break
    at = stop + 1
  }
  // A label whose rest was a secret.
  if (end > 0 && scan.startsWith(markerStart, end)) return -1
  // A call: matrix@vector.transpose(…).
  return end < 0 || (end !== sure && scan.code(end) === 40) ? sure : end
}
