import { base64, blanks, isIn, upperAlphanumeric } from '../characters.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'

/** A mention of a key has no body; a key's lines have 64 or 76 characters, so so few are already a piece of one. */
const shortestBody = 16

/** PEM private keys, PGP ones too: with line breaks, with `\n` as two characters, in concatenated strings, or cut off. */
export const privateKey: Rule = {
  id: 'private-key',
  description: 'Private keys in PEM form, also when they are cut off or their line breaks are escaped',
  kind: 'secret',
  rank: 0,
  keywords: ['-----begin', '---- begin'],
  find: (scan, at, keyword) => {
    const label = labelEnd(scan, at + keyword.length)
    if (label < 0 || !/PRIVATE KEY/.test(scan.text.slice(at, label))) return
    const footer = footerWithBody(scan, label)
    if (footer > 0) {
      scan.report(privateKey, at, footer)
      return
    }
    const bodyEnd = endOfBody(scan, label)
    if (bodyEnd > label) scan.report(privateKey, at, endOfFooter(scan, bodyEnd))
  },
}

/** Where `RSA PRIVATE KEY-----` ends, or -1. */
function labelEnd(scan: Scan, from: number): number {
  let at = from
  const stop = Math.min(scan.to, from + 48)
  while (at < stop && (scan.has(at, upperAlphanumeric) || scan.code(at) === 32)) at++
  scan.allowance.left -= at - from
  if (!scan.startsWith('----', at)) return -1
  return at + (scan.startsWith('-----', at) ? 5 : 4)
}

/** How far from its beginning a key's end is looked for. */
const longestKey = 16_384
const nextEdge = /---- ?(?:BEGIN|END) [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-{4,5}/
const keyLine = /[A-Za-z0-9+/=]{28,}/g

/**
 * Where the `-----END …` that belongs to a key ends, if anything like a key's line is before it; or -1. Whatever stands before
 * the lines in between, numbers, names of files, signs of comments, goes with them.
 */
function footerWithBody(scan: Scan, from: number): number {
  const near = scan.text.slice(from, Math.min(scan.to, from + longestKey))
  const edge = nextEdge.exec(near)
  scan.allowance.left -= edge ? edge.index : near.length >> 3
  if (!edge || edge[0].includes('BEGIN')) return -1
  const between = near.slice(0, edge.index)
  const lines = between.match(keyLine) ?? []
  return lines.some((line) => isMixed(line, 0, line.length)) ? from + edge.index + edge[0].length : -1
}

/** Where the lines of base64 end; `from` if there are none worth the name. */
function endOfBody(scan: Scan, from: number): number {
  let end = from
  let at = from
  let short = 0
  for (;;) {
    const start = afterSeparators(scan, at)
    const header = headerEnd(scan, start)
    if (header > start) {
      at = header
      continue
    }
    const stop = scan.run(base64, start)
    if (stop === start) break
    const length = stop - start
    // The last line may be short, and `=` with a checksum may follow it; after that, words would be next.
    if (length < shortestBody && (end === from || ++short > 2)) break
    const ends = scan.code(afterSeparators(scan, stop)) === 45
    if (length < shortestBody && !ends && !isIn(scan.text.charCodeAt(stop - 1), base64)) break
    if (length < shortestBody && !ends && short > 1) break
    end = stop
    at = stop
    if (short > 0) break
  }
  return end
}

/** Blanks, `\n` and `\r` as two characters, and what joins strings over lines: quotes, `+`, commas. */
function afterSeparators(scan: Scan, from: number): number {
  let at = from
  const stop = Math.min(scan.to, from + 64)
  while (at < stop) {
    const code = scan.text.charCodeAt(at)
    if (isIn(code, blanks) || code === 34 || code === 39 || code === 44 || code === 62) at++
    else if (code === 43 && (isIn(scan.code(at + 1), blanks) || scan.code(at + 1) === 34)) at++
    else if (code === 92) {
      const next = scan.code(at + 1)
      at += next === 110 || next === 114 || next === 116 ? 2 : 1
    } else break
  }
  scan.allowance.left -= at - from
  return at
}

/** `Proc-Type: 4,ENCRYPTED`, `DEK-Info: …`, `Version: …`, `Comment: …`: where such a header ends, or `start`. */
function headerEnd(scan: Scan, start: number): number {
  const code = scan.code(start)
  if (code !== 80 && code !== 68 && code !== 86 && code !== 67) return start
  const names = ['Proc-Type: ', 'DEK-Info: ', 'Version: ', 'Comment: ']
  const name = names.find((each) => scan.startsWith(each, start))
  if (name === undefined) return start
  let at = start + name.length
  const stop = Math.min(scan.to, at + 120)
  while (at < stop && scan.code(at) !== 10 && scan.code(at) !== 92) at++
  scan.allowance.left -= at - start
  return at
}

function endOfFooter(scan: Scan, bodyEnd: number): number {
  const at = afterSeparators(scan, bodyEnd)
  if (!scan.startsWith('-----END', at) && !scan.startsWith('---- END', at)) return bodyEnd
  const end = labelEnd(scan, at + 8)
  return end < 0 ? at + 8 : end
}
