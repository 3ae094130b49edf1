import { anyBase64, base64Url, hex, isIn, type CharacterSet } from './characters.ts'
import { isMixed } from './randomness.ts'
import type { Rule } from './rule.ts'
import type { Scan } from './scan.ts'
import type { Scans } from './scans.ts'
import { settle } from './settle.ts'
import { startsWord } from './shapes.ts'

/** Shorter runs hold no encoded secret worth the name. */
const stride = 24

/** What base64, percent-encoding and tokens with dots are made of. */
const inRun = new Uint8Array(0x10000)
for (let code = 0; code < 128; code++)
  inRun[code] = isIn(code, anyBase64) || '.%=~'.includes(String.fromCharCode(code)) ? 1 : 0

/** Nothing in such a token is fixed, so that only its parts tell it. */
export const discordBotToken: Rule = {
  id: 'discord-bot-token',
  description: 'Discord bot tokens',
  kind: 'secret',
  rank: 0,
  keywords: [],
  find: () => {},
}

/** Looks at every long run of token characters: is it a token that only its parts tell, or does it hold one, encoded? */
export function scanLongRuns(scan: Scan, scans: Scans): void {
  const { text, from, to } = scan
  let at = from
  while (at + stride <= to) {
    const gap = lastOther(text, at, at + stride - 1)
    if (gap >= 0) {
      at = gap + 1
      continue
    }
    let end = at + stride
    while (end < to && inRun[text.charCodeAt(end)] === 1) end++
    scan.allowance.left -= (end - at) >> 2
    lookAtRun(scan, scans, at, end)
    if (scan.exhausted) return
    at = end + 1
  }
}

function lastOther(text: string, from: number, probe: number): number {
  let at = probe
  while (at >= from && inRun[text.charCodeAt(at)] === 1) at--
  return at < from ? -1 : at
}

function lookAtRun(scan: Scan, scans: Scans, from: number, to: number): void {
  findDiscord(scan, from, to)
  if (scan.decoded) return
  if (hasPercent(scan, from, to) && holdsSecret(scan, scans, unescaped(scan.text.slice(from, to)), from, to))
    return
  let part = from
  for (let at = from; at <= to; at++) {
    if (at < to && isIn(scan.text.charCodeAt(at), anyBase64)) continue
    if (at - part >= stride) lookAtBase64(scan, scans, part, at, from, to)
    part = at + 1
  }
}

/** `M….six….rest`: two dots seven places apart, with what such a token has before, between and after them. */
function findDiscord(scan: Scan, from: number, to: number): void {
  let dot = nextDot(scan, from + 24, to)
  while (dot >= 0 && dot + 35 <= to) {
    if (scan.code(dot + 7) === 46 && scan.shortRun(base64Url, dot + 1, 6) === dot + 7) {
      const end = scan.run(base64Url, dot + 8)
      for (let start = dot - 24; start >= dot - 28 && end - dot >= 35; start--) {
        if (!scan.startsWith('M', start) && !scan.startsWith('N', start) && !scan.startsWith('O', start))
          continue
        if (!startsWord(scan, start) || scan.run(base64Url, start) !== dot || !isMixed(scan.text, start, end))
          continue
        scan.report(discordBotToken, start, end)
      }
    }
    dot = nextDot(scan, dot + 1, to)
  }
}

function nextDot(scan: Scan, from: number, to: number): number {
  let at = from
  while (at < to && scan.text.charCodeAt(at) !== 46) at++
  scan.allowance.left -= at - from
  return at < to ? at : -1
}

/** Whether a percent sign with two hex digits is in the run. */
function hasPercent(scan: Scan, from: number, to: number): boolean {
  for (let at = from; at < to; at++)
    if (scan.text.charCodeAt(at) === 37 && scan.has(at + 1, hex) && scan.has(at + 2, hex)) return true
  return false
}

const unescaped = (text: string) =>
  text.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** The run `[from, to)` is around the part `[start, end)`: if a secret is in the part, all of the run goes. */
function lookAtBase64(scan: Scan, scans: Scans, start: number, end: number, from: number, to: number): void {
  const middle = start + ((end - start) >> 1)
  let looked = -1
  for (const place of [start, middle]) {
    for (let shift = 0; shift < 4; shift++) {
      const at = place + shift
      if (end - at < 16 || !readsAsText(scan.text, at)) continue
      const first = start + ((at - start) & 3)
      if (first === looked) return
      looked = first
      scan.allowance.left -= end - first
      const decoded = Buffer.from(scan.text.slice(first, end), 'base64').toString('latin1')
      if (holdsSecret(scan, scans, decoded, from, to)) return
      break
    }
  }
}

const values = new Int8Array(128).fill(-1)
const give = (set: CharacterSet | string, value: (code: number) => number) => {
  for (let code = 0; code < 128; code++)
    if (typeof set === 'string' ? set.includes(String.fromCharCode(code)) : isIn(code, set))
      values[code] = value(code)
}
give('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (code) => code - 65)
give('abcdefghijklmnopqrstuvwxyz', (code) => code - 71)
give('0123456789', (code) => code + 4)
give('+-', () => 62)
give('/_', () => 63)

/** Whether twelve bytes of base64 from here on are all ASCII text; of a hundred thousand random ones, one set is. */
function readsAsText(text: string, at: number): boolean {
  for (let group = at; group < at + 16; group += 4) {
    const bits =
      (values[text.charCodeAt(group)]! << 18) |
      (values[text.charCodeAt(group + 1)]! << 12) |
      (values[text.charCodeAt(group + 2)]! << 6) |
      values[text.charCodeAt(group + 3)]!
    if (!isText((bits >> 16) & 255) || !isText((bits >> 8) & 255) || !isText(bits & 255)) return false
  }
  return true
}

const isText = (byte: number) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9

function holdsSecret(scan: Scan, scans: Scans, decoded: string, from: number, to: number): boolean {
  const inside = scans.inside(scan, decoded, true)
  if (!inside) return false
  scans.look(inside, scans)
  settle(inside)
  let first = inside.findings[0]
  if (first === undefined) return false
  for (const each of inside.findings) if (each.rule.rank < first.rule.rank) first = each
  scan.report(first.rule, from, to)
  return true
}
