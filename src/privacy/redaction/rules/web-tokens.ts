import { base64Url, token68 } from '../characters.ts'
import { hasEntropy, isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'

/** JSON Web Tokens, signed or encrypted, also cut off in their second part. */
export const jwt: Rule = {
  id: 'jwt',
  description: 'JSON Web Tokens (eyJ….….…), also without their signature',
  kind: 'secret',
  rank: 0,
  keywords: ['eyj'],
  find: (scan, at) => {
    if (!scan.startsWith('eyJ', at)) return
    const header = scan.run(base64Url, at)
    if (header - at < 12 || scan.code(header) !== 46 /* . */) return
    let end = scan.run(base64Url, header + 1)
    if (end - header < 9) return
    for (let part = 0; part < 3 && scan.code(end) === 46 && scan.has(end + 1, base64Url); part++)
      end = scan.run(base64Url, end + 1)
    scan.report(jwt, at, end)
  },
}

/** The name of the scheme is in prose, too ("a bearer token"), so that what follows must look like a token. */
export const bearer: Rule = {
  id: 'bearer-token',
  description: 'What follows Bearer',
  kind: 'secret',
  rank: 1,
  keywords: ['bearer'],
  find: (scan, at, keyword) => {
    const start = afterGap(scan, at + keyword.length)
    if (start < 0) return
    const end = scan.run(token68, start)
    if (end - start >= 12 && isMixed(scan.text, start, end) && hasEntropy(scan.text, start, end, 2.5))
      scan.report(bearer, start, end)
  },
}

export const basic: Rule = {
  id: 'basic-credentials',
  description: 'User and password that follow Basic',
  kind: 'secret',
  rank: 1,
  keywords: ['basic'],
  find: (scan, at, keyword) => {
    const start = afterGap(scan, at + keyword.length)
    if (start < 0) return
    const end = scan.run(token68, start)
    if (end - start < 8 || end - start > 4096) return
    const decoded = Buffer.from(scan.text.slice(start, end), 'base64').toString('latin1')
    scan.allowance.left -= decoded.length
    if (/^[\x20-\x7e\xa0-\xff]*:[\x20-\x7e\xa0-\xff]*$/.test(decoded)) scan.report(basic, start, end)
  },
}

/** Where the credentials of an authentication scheme begin: after blanks, `%20` or `+`; or -1. */
function afterGap(scan: Scan, from: number): number {
  let at = from
  const stop = from + 8
  while (at < stop && (scan.code(at) === 32 || scan.code(at) === 9 || scan.code(at) === 43)) at++
  while (at < stop && scan.startsWith('%20', at)) at += 3
  scan.allowance.left -= at - from + 1
  return at === from ? -1 : at
}
