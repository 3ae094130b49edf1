import { digits, hex, isIn, letters, nameCharacters, word } from '../characters.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'
import { startsWord } from '../shapes.ts'
import { isAfterHyphenOrSlash, startsInside } from './numbers.ts'

export const ipAddress: Rule = {
  id: 'ip-address',
  description: 'IPv4 and IPv6 addresses, but loopback, unspecified ones and masks',
  kind: 'personal',
  rank: 2,
  keywords: [],
  find: () => {},
}

/** Reports the IPv4 address that begins at this digit; answers whether there is one. */
export function findIpv4(scan: Scan, at: number): boolean {
  const isNamed = isAfterHyphenOrSlash(scan, at) && scan.code(at - 2) !== 47
  const isListed = scan.code(at - 1) === 44
  if (scan.code(at - 1) === 46 || isVersion(scan, at)) return false
  if (!isListed && startsInside(scan, at) && !isAfterHyphenOrSlash(scan, at)) return false
  let end = at
  const parts: number[] = []
  while (parts.length < 4) {
    const stop = scan.shortRun(digits, end, 4)
    const length = stop - end
    const value = Number(scan.text.slice(end, stop))
    if (length === 0 || length > 3 || value > 255 || (length > 1 && scan.code(end) === 48)) return false
    parts.push(value)
    end = stop
    if (parts.length < 4 && scan.code(end++) !== 46) return false
  }
  // Chrome/120.0.0.0, pg-1.2.3.4: versions have small numbers, and round ones.
  if (isNamed && (!parts.some((part) => part >= 100) || (parts[2] === 0 && parts[3] === 0))) return false
  // pkg@1.2.3.4: small numbers behind a name are a version; root@10.1.2.3 is not.
  if (scan.code(at - 1) === 64 && isPackage(scan, at - 1) && parts.every((part) => part < 100)) return false
  const after = scan.code(end)
  if (isIn(after, word) || ((after === 46 || after === 45) && isIn(scan.code(end + 1), word))) return false
  const [first, second, third, fourth] = parts as [number, number, number, number]
  if (first === 0 || first === 127 || first === 255 || (second === 0 && third === 0 && fourth === 0))
    return false
  scan.report(ipAddress, at, end)
  return true
}

/** v1.2.3.4, version 1.2.3.4, ==1.2.3.4: a version, not an address. */
function isVersion(scan: Scan, at: number): boolean {
  const before = scan.code(at - 1)
  if (before === 61 && /[=~<>!]/.test(scan.text[at - 2] ?? '')) return true
  if (before === 126 || before === 94) return true
  if (
    /\b(?:updated?|upgraded?|patch(?:ed)?|bump(?:ed)?|downgraded?)(?:\s|\b[^.\n]{0,24}\b(?:to|from)\s|\s[\w-]+@)$/i.test(
      scan.text.slice(Math.max(scan.from, at - 40), at),
    )
  )
    return true
  return /(?:\b(?:version|release|build|v|ver|rev|section|chapter)|§)[\s:="'.]{0,4}$/i.test(
    scan.text.slice(Math.max(scan.from, at - 14), at),
  )
}

/** Names of accounts that people sign in with, so that what follows is a host. */
const accounts = /^(?:root|admin|ubuntu|ec2-user|user|git|deploy|centos|debian|postgres|pi)$/i

/** Whether a name of a package, or a marker in the place of one, stands before the `@`. */
function isPackage(scan: Scan, at: number): boolean {
  if (scan.code(at - 1) === 93 /* ] */) return true
  const start = scan.runBefore(nameCharacters, at, 40)
  const name = scan.text.slice(start, at)
  return /[A-Za-z]/.test(name) && !accounts.test(name)
}

/** Reports the IPv6 address in a run of hex digits and colons `[from, to)`; answers whether there is one. */
export function findIpv6(scan: Scan, from: number, to: number): boolean {
  let start = from
  let end = to
  while (start < end && scan.code(start) === 58 && scan.code(start + 1) !== 58) start++
  while (end > start && scan.code(end - 1) === 58 && scan.code(end - 2) !== 58) end--
  if (end - start < 6 || end - start > 45 || !startsWord(scan, start) || isIn(scan.code(end), letters))
    return false
  const text = scan.text.slice(start, end)
  // ::1 and the like; of ::ffff:192.0.2.1, the part with dots is found as what it is.
  if (text.startsWith('::')) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (groups.some((group) => !/^[0-9A-Fa-f]{1,4}$/.test(group))) return false
  // The allocated beginnings: global, local, link-local and multicast addresses.
  if (!/^(?:[23][0-9a-f]{3}|f[cdf][0-9a-f]{2}|fe[89ab][0-9a-f]|64)$/i.test(groups[0] ?? '')) return false
  if (halves.length === 1 ? groups.length !== 8 : groups.length > 7 || groups.length < 2 || !/\d/.test(text))
    return false
  if (isIn(scan.code(end), hex)) return false
  scan.report(ipAddress, start, end)
  return true
}
