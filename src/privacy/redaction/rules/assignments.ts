import { bareValue, blanks, isIn, letters, nameCharacters, uppers, word } from '../characters.ts'
import { isCertain, nameKeywords, tellingOf } from '../names.ts'
import { isPlaceholder } from '../placeholders.ts'
import { longest } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'
import { seemsPassword, seemsSecret } from '../values.ts'

/** Longer names than this are prose, or a flood. */
const longestName = 40
const longestQuoted = 4096
/** What judging a value costs beside its characters. */
const stepsOfValue = 200

/**
 * `password = "…"`, `"api_key": "…"`, `API_KEY=…`, `--token …`, `<secret>…`: a telling name, a sign, a value that looks
 * like a secret. Under names of passwords nearly every value does; elsewhere it must look drawn at random.
 */
export const assignment: Rule = {
  id: 'assigned-secret',
  description: 'Values given to a telling name in code, settings, command lines, links and markup',
  kind: 'secret',
  rank: 2,
  keywords: nameKeywords,
  find: (scan, at, keyword) => {
    scan.named = true
    const nameEnd = scan.shortRun(nameCharacters, at + keyword.length, longestName)
    const sign = signAfter(scan, nameEnd)
    if (sign === undefined) return
    const nameStart = startOfName(scan, at)
    if (sign.kind === 'gap' && !scan.startsWith('-', nameStart)) return
    if (sign.kind === 'tag' && scan.code(nameStart - 1) !== 60 /* < */) return
    const name = scan.text.slice(nameStart, nameEnd)
    if (!isSecretName(name) || scan.code(nameStart - 1) === 47 /* a path */) return
    // Reports of tests say "PASS: …".
    if (/^pass$/i.test(name) && scan.code(nameEnd) === 58 /* : */) return
    scan.allowance.left -= stepsOfValue
    const setting = isSetting(scan, nameStart, nameEnd, sign.end)
    const value = setting ? restOfSetting(scan, nameStart, valueAt(scan, sign.end)) : valueAt(scan, sign.end)
    if (sign.quoted && value.quoted && scan.code(sign.end - 1) === 58 && isMember(name, scan, value)) {
      scan.report(assignment, value.start, value.end)
      return
    }
    if (value.end - value.start < 4 || isPlaceholder(scan.text, value.start, value.end)) return
    if ((sign.kind === 'comma' || sign.kind === 'gap') && scan.code(value.start) === 45) return
    if (sign.kind === 'comma' && !value.quoted) return
    // Lists of names have commas, too.
    const asPassword = /pass|pwd/i.test(name) && (sign.kind !== 'comma' || name.startsWith('-'))
    const { text } = scan
    scan.allowance.left -= Math.min(value.end - value.start, longest)
    const hit = asPassword
      ? seemsPassword(text, value.start, value.end, {
          quoted: value.quoted,
          setting,
          closed: value.closed,
          next: scan.code(value.end),
        })
      : !(isHash(text, value.start, value.end) && !isCertain(tellingOf(name)) && !capitalKey.test(name)) &&
        seemsSecret(text, value.start, value.end, value.quoted)
    if (hit) scan.report(assignment, value.start, value.end)
  },
}

/** AZURE_OPENAI_KEY: a setting, while cache_key is a key of a cache. */
const capitalKey =
  /^(?!.*(?:CACHE|PUBLIC|PUBLISHABLE|PRIMARY|FOREIGN|SORT|PARTITION|GROUP))[A-Z][A-Z0-9_]*_KEY$/

/** Hashes and UUIDs: what an unspecific name, a token of something, has too often. */
function isHash(text: string, start: number, end: number): boolean {
  return (
    end - start <= 64 &&
    /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i.test(
      text.slice(start, end),
    )
  )
}

/** On a line of its own, `;` and `,` are of the value. */
function restOfSetting(scan: Scan, nameStart: number, value: Value): Value {
  if (value.quoted || scan.has(nameStart - 1, bareValue)) return value
  const lineStart = scan.runBefore(blanks, nameStart, 8)
  const first = lineStart === scan.from || lineStart < nameStart || scan.code(nameStart - 1) === 10
  if (!first) return value
  let { end } = value
  while ((scan.code(end) === 59 || scan.code(end) === 44) && scan.has(end + 1, bareValue))
    end = scan.run(bareValue, end + 1)
  return { ...value, end }
}

/** The letter of an escape (`\\nDB_PASSWORD=…`) is not of the name. */
function startOfName(scan: Scan, at: number): number {
  const start = scan.runBefore(nameCharacters, at, longestName)
  const escape = scan.code(start - 1) === 92 && start < at && 'nrt'.includes(scan.text[start]!)
  return escape ? start + 1 : start
}

/** In text, more names are worth a look than below JSON names, since the value must look like a secret, too. */
function isSecretName(name: string): boolean {
  if (tellingOf(name) !== undefined || capitalKey.test(name)) return true
  if (/^(?:OLD)?PWD$/.test(name)) return false
  const plain = name.toLowerCase()
  if (/tokens?[_-]?(?:count|limit|budget|usage|type|s$|per|id$|length)|tokenizer|tokens$/.test(plain))
    return false
  if (
    /(?:count|length|limit|url|uri|file|path|name|type|ttl|expiry|expires|expires_in|policy|hint|field|id|arn|version|size|label|placeholder|regex|pattern)$/.test(
      plain,
    )
  )
    return false
  // TOKEN_GITHUB, SECRET_KEY_BASE, password2, auth.
  return /(?:^|[^a-z])(?:auth|pass|pw)$|passw|pwd|secret|token|api[_.-]?key|(?:access|private|signing|encryption|master|account|shared)[_.-]?key|credential/.test(
    plain,
  )
}

/** A member of JSON that is cut off or has words around it, or of a dictionary: certain names tell of any value. */
function isMember(name: string, scan: Scan, value: Value): boolean {
  return (
    value.end > value.start &&
    value.end - value.start < longestQuoted &&
    isCertain(tellingOf(name)) &&
    !isPlaceholder(scan.text, value.start, value.end)
  )
}

interface Sign {
  /** The name has quotes. */
  readonly quoted: boolean
  readonly kind: 'sign' | 'gap' | 'tag' | 'comma'
  readonly end: number
}

/** What gives a value to the name before it: `=`, `:`, `:=`, `=>`, `==`, a typed annotation, a gap after a flag, a tag's end. */
function signAfter(scan: Scan, nameEnd: number): Sign | undefined {
  let at = nameEnd
  while (scan.code(at) === 92 /* \ */ && at - nameEnd < 16) at++
  const quoted = isQuote(scan.code(at))
  if (quoted) at++
  else if (at > nameEnd) return undefined
  if (scan.code(at) === 93 /* ] */) at++
  if (scan.startsWith('%22', at)) at += 3
  const afterName = at
  at = afterBlanks(scan, at, 8)
  scan.allowance.left -= at - nameEnd + 1
  const code = scan.code(at)
  if (code === 58 /* : */ || code === 61 /* = */) {
    at++
    while (at - afterName < 12 && (scan.code(at) === 61 || scan.code(at) === 62 || scan.code(at) === 58)) at++
    return { quoted, kind: 'sign', end: at }
  }
  if (scan.startsWith('%3D', at) || scan.startsWith('%3A', at)) return { quoted, kind: 'sign', end: at + 3 }
  if (code === 62 /* > */ && at === nameEnd) return { quoted, kind: 'tag', end: at + 1 }
  if (quoted && code === 44 /* , */) return { quoted, kind: 'comma', end: at + 1 }
  if (!quoted && at > nameEnd && at === afterName + 1) return { quoted, kind: 'gap', end: at }
  return undefined
}

interface Value {
  readonly start: number
  readonly end: number
  readonly quoted: boolean
  readonly closed: boolean
}

function valueAt(scan: Scan, from: number): Value {
  let at = afterBlanks(scan, from, 8)
  const typed = afterType(scan, at)
  if (typed > at) at = afterBlanks(scan, typed, 8)
  // Prefixes of strings: b'…', f"…", @"…".
  if (isIn(scan.code(at), letters) && isQuote(scan.code(at + 1))) at++
  let escapes = at
  while (scan.code(escapes) === 92 && escapes - at < 16) escapes++
  const quote = scan.code(escapes)
  if (isQuote(quote)) return quotedAt(scan, escapes + 1, quote, escapes - at)
  if (scan.startsWith('%22', at)) at += 3
  const end = scan.run(bareValue, at)
  let stop = end
  // A full stop or a colon ends the sentence, not the value.
  while (stop > at && /[.:,?!'|]/.test(scan.text[stop - 1]!)) stop--
  return { start: at, end: stop, quoted: false, closed: true }
}

/** To the quote that is escaped as often as the first; a value that is cut off ends with its line. */
function quotedAt(scan: Scan, start: number, quote: number, escapes: number): Value {
  const stop = Math.min(scan.to, start + longestQuoted)
  let at = start
  let slashes = 0
  for (; at < stop; at++) {
    const code = scan.text.charCodeAt(at)
    if (code === 10) break
    if (code === quote && slashes <= escapes) {
      scan.allowance.left -= at - start
      return { start, end: at - slashes, quoted: true, closed: true }
    }
    if (escapes > 0 && slashes === escapes && code !== 92 && (code === 110 || code === 114)) {
      at -= slashes
      break
    }
    slashes = code === 92 ? slashes + 1 : 0
  }
  scan.allowance.left -= at - start
  return { start, end: at, quoted: true, closed: false }
}

/** `: str = "…"`, `: string = '…'`: where the sign after the type ends, or `from`. */
function afterType(scan: Scan, from: number): number {
  if (!scan.has(from, letters)) return from
  const end = scan.shortRun(word, from, 24)
  const sign = afterBlanks(scan, end, 4)
  return scan.code(sign) === 61 && scan.code(sign + 1) !== 61 && sign > end ? sign + 1 : from
}

/** Lines of settings (`DB_PASSWORD=…`) and queries (`&password=…`): there even a plain word is a value. */
function isSetting(scan: Scan, nameStart: number, nameEnd: number, valueStart: number): boolean {
  if (scan.code(valueStart - 1) !== 61 || valueStart - 1 !== nameEnd) return false
  const before = scan.code(nameStart - 1)
  if (before === 38 /* & */ || before === 63 /* ? */ || before === 59 /* ; */) return true
  for (let at = nameStart; at < nameEnd; at++)
    if (scan.has(at, letters) && !scan.has(at, uppers)) return false
  return true
}

function afterBlanks(scan: Scan, from: number, limit: number): number {
  let at = from
  while (at - from < limit && (scan.code(at) === 32 || scan.code(at) === 9)) at++
  return at
}

const isQuote = (code: number) => code === 34 || code === 39 || code === 96
