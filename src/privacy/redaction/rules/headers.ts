import { quotedLine, token68, unquotedLine } from '../characters.ts'
import { isPlaceholder } from '../placeholders.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'

/** Where a header's value begins, after `:`, `=`, `":` and the like; or -1. */
function valueStart(scan: Scan, nameEnd: number): number {
  let at = nameEnd
  const stop = nameEnd + 24
  let sign = false
  for (; at < stop; at++) {
    const code = scan.code(at)
    if (code === 58 || code === 61) sign = true
    else if (
      code !== 32 &&
      code !== 9 &&
      code !== 34 &&
      code !== 39 &&
      code !== 92 &&
      code !== 96 &&
      !(code === 62 && sign)
    )
      break
  }
  scan.allowance.left -= at - nameEnd + 1
  return sign ? at : -1
}

/** Whatever scheme, known or not: its credentials are the rest of the value, which may have several parts. */
export const authorization: Rule = {
  id: 'authorization-header',
  description: 'Credentials in Authorization and Proxy-Authorization headers, of any scheme',
  kind: 'secret',
  rank: 1,
  keywords: ['authorization'],
  find: (scan, at, keyword) => {
    const start = valueStart(scan, at + keyword.length)
    if (start < 0) return
    const scheme = scan.shortRun(token68, start, 32)
    const spaced = scan.code(scheme) === 32 && /^[A-Za-z0-9-]+$/.test(scan.text.slice(start, scheme))
    const from = spaced ? scheme + 1 : start
    const first = scan.run(token68, from)
    if (first - from < 6 || isPlaceholder(scan.text, from, first)) return
    if (!isMixed(scan.text, from, first)) return
    if (!spaced && first - from < 12) return
    // Digest and AWS4: pairs of names and values, up to the end of the line.
    const pairs = /^(?:digest|aws4|signature|oauth|hawk)/i.test(scan.text.slice(start, scheme))
    scan.report(authorization, from, pairs ? scan.run(quotedLine, from) : first)
  },
}

/** Cookies are mostly sessions; their names do not tell which, so that the whole header goes. */
export const cookieHeader: Rule = {
  id: 'cookie-header',
  description: 'Values of Cookie and Set-Cookie headers',
  kind: 'secret',
  rank: 1,
  keywords: ['cookie'],
  find: (scan, at, keyword) => {
    const nameEnd = at + keyword.length
    const start = valueStart(scan, nameEnd)
    if (start < 0) return
    const end = scan.run(unquotedLine, start)
    const equals = indexOfEquals(scan, start, Math.min(end, start + 80))
    if (equals <= start) return
    const value = scan.run(token68, equals + 1)
    if (value - equals < 9 || !isMixed(scan.text, equals + 1, value)) return
    if (/[\s(){}]/.test(scan.text.slice(start, equals))) return
    scan.report(cookieHeader, start, end)
  },
}

function indexOfEquals(scan: Scan, from: number, to: number): number {
  scan.allowance.left -= to - from
  for (let at = from; at < to; at++) if (scan.text.charCodeAt(at) === 61) return at
  return -1
}
