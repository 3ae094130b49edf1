import { isIn, letters, nameCharacters } from '../characters.ts'
import { isPlaceholder } from '../placeholders.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'

/** No user information is longer than this. */
const longest = 1024

/** The password in `scheme://user:password@host`, or a token in the user's place. */
export const urlCredentials: Rule = {
  id: 'url-password',
  description: 'Passwords in URLs and connection strings (scheme://user:password@host)',
  kind: 'secret',
  rank: 1,
  keywords: ['://'],
  find: (scan, at) => {
    if (!isIn(scan.code(at - 1), letters) && !isIn(scan.code(at - 1), nameCharacters)) return
    const start = at + 3
    const stop = Math.min(scan.to, start + longest)
    let colon = -1
    let last = -1
    let end = start
    for (; end < stop; end++) {
      const code = scan.text.charCodeAt(end)
      // What ends a host, a link or a string; a password that holds them is percent-encoded.
      if (
        code <= 32 ||
        code === 47 ||
        code === 34 ||
        code === 39 ||
        code === 60 ||
        code === 62 ||
        code === 92 ||
        code === 96
      )
        break
      if (code === 63 /* ? */ && last >= 0) break
      if (code === 58 /* : */ && colon < 0) colon = end
      if (code === 64 /* @ */) last = end
    }
    scan.allowance.left -= end - start
    if (last < 0) return
    if (colon >= 0 && colon < last) {
      if (!isPlaceholder(scan.text, colon + 1, last)) scan.report(urlCredentials, colon + 1, last)
    } else if (last - start >= 16 && isMixed(scan.text, start, last)) scan.report(urlCredentials, start, last)
  },
}
