import { isIn, digits, hex } from '../characters.ts'
import type { Scan } from '../scan.ts'
import { findIpv4, findIpv6 } from './addresses.ts'
import { findCard, findIban, findIbanBefore, findSocialSecurityNumber } from './numbers.ts'
import { findInternational, findNational } from './phones.ts'

/** The shortest of what is looked for, 1.2.3.4 and fe80::1, has so many characters. */
const stride = 7

const numeric = new Uint8Array(0x10000)
const colonHex = new Uint8Array(0x10000)
for (let code = 0; code < 128; code++) {
  numeric[code] = isIn(code, digits) || ' ().+/-'.includes(String.fromCharCode(code)) ? 1 : 0
  colonHex[code] = isIn(code, hex) || code === 58 ? 1 : 0
}

/**
 * Looks at every run of at least seven of the characters that numbers are written with. Every such run holds a place that
 * is a multiple of seven away from the last character that is no such one, so that the rest need not be looked at.
 */
export function scanNumbers(scan: Scan): void {
  const { text, from, to } = scan
  let at = from
  while (at + stride <= to) {
    const probe = at + stride - 1
    const gap = lastOther(text, numeric, at, probe)
    if (gap >= 0) {
      at = gap + 1
      continue
    }
    let end = probe + 1
    while (end < to && numeric[text.charCodeAt(end)] === 1) end++
    lookAtNumbers(scan, at, end)
    if (scan.exhausted) return
    at = end + 1
  }
}

export function scanAddresses(scan: Scan): void {
  const { text, from, to } = scan
  let at = from
  while (at + stride <= to) {
    const probe = at + stride - 1
    const gap = lastOther(text, colonHex, at, probe)
    if (gap >= 0) {
      at = gap + 1
      continue
    }
    let colons = 0
    let end = at
    for (; end < to; end++) {
      const code = text.charCodeAt(end)
      if (colonHex[code] === 0) break
      if (code === 58) colons++
    }
    if (colons >= 2) findIpv6(scan, at, end)
    at = end + 1
  }
}

/** The last character of `[from, probe]` that is not in the set, or -1. */
function lastOther(text: string, set: Uint8Array, from: number, probe: number): number {
  let at = probe
  while (at >= from && set[text.charCodeAt(at)] === 1) at--
  return at < from ? -1 : at
}

function lookAtNumbers(scan: Scan, from: number, to: number): void {
  scan.allowance.left -= to - from
  let at = from
  while (at < to) {
    const code = scan.text.charCodeAt(at)
    const before = scan.code(at - 1)
    const found = scan.findings.length
    if (code === 43) findInternational(scan, at)
    else if (code === 40) findNational(scan, at)
    else if (isIn(code, digits) && !isIn(before, digits)) findAny(scan, at)
    at = scan.findings.length > found ? Math.max(at + 1, scan.findings.at(-1)!.end) : at + 1
  }
}

/** One is enough, and the order is that of how sure it is. */
/** What looking at a number as all that it may be takes, at least. */
const stepsOfNumber = 12

function findAny(scan: Scan, at: number): boolean {
  scan.allowance.left -= stepsOfNumber
  return (
    findIban(scan, at) ||
    findIbanBefore(scan, at) ||
    findCard(scan, at) ||
    findSocialSecurityNumber(scan, at) ||
    findIpv4(scan, at) ||
    findNational(scan, at)
  )
}
