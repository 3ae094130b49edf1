import { budgetRule, markerStart } from './markers.ts'
import type { Finding, Scan } from './scan.ts'
import { scanCell, scanJson } from './scan-json.ts'
import { scanText } from './scan-text.ts'
import { Scans } from './scans.ts'
import { settle } from './settle.ts'
import type { RuleSet } from './rule-set.ts'

/** Called once a finding, with the rule's id. */
export type Found = (rule: string) => void

export interface Redactor {
  /** Version of the rules; another one when own rules are added. */
  readonly version: string
  /** The text with `[REDACTED:rule:hmac4]` for each finding; the very same string when there is none. */
  readonly text: (text: string, found: Found) => string
  /**
   * As `text`, for JSON text as Postgres prints it: also member names, and all values under telling names. What is not
   * replaced stays byte for byte; the result is JSON.
   */
  readonly json: (json: string, found: Found) => string
}

export interface RedactorOptions {
  /** 4 lower-case hex digits of a keyed hash, so that equal secrets stay comparable. */
  readonly mark: (secret: string) => string
  /** Also mail addresses, phone numbers, cards, IBANs, IP addresses, social security numbers. */
  readonly personalData: boolean
}

/**
 * Steps that a cell of so many characters may take. Ordinary text takes less than two a character; a short cell may be
 * as strange as it likes, a long one must not hold the process up.
 */
export function stepsAllowed(length: number): number {
  return 20_000 + 128 * Math.min(length, strangeLength) + 8 * Math.max(0, length - strangeLength)
}

const strangeLength = 262_144

export function createRedactor(rules: RuleSet, options: RedactorOptions): Redactor {
  const { mark, personalData } = options
  const scans = new Scans(rules.compiled(), personalData, scanText)

  /** The scan with what was found, or undefined if there was nothing. */
  const scanned = (text: string, json: boolean): Scan | undefined => {
    const scan = scans.at(0, false)
    scans.allowance.left = stepsAllowed(text.length)
    scan.begin(text)
    if (!json) scanCell(scan, scans)
    else if (!scanJson(scan, scans, false)) {
      // Deeper than anyone nests, or no JSON: only if nothing is in it, it may stay as it is.
      scan.begin(text)
      scanText(scan, scans)
      if (scan.findings.length > 0) scans.allowance.left = -1
    }
    if (scan.exhausted) return scan
    settle(scan)
    return scan.findings.length === 0 ? undefined : scan
  }

  const marker = (rule: string, made: string) => `${markerStart}${rule}:${made}]`

  const redact = (text: string, found: Found, json: boolean): string => {
    if (text.length === 0) return text
    const scan = scanned(text, json)
    if (!scan) return text
    if (scan.exhausted) {
      found(budgetRule)
      const whole = marker(budgetRule, mark(text))
      return json ? `"${whole}"` : whole
    }
    const parts: string[] = []
    const marks = new Map<string, string>()
    const markOf = (secret: string) => {
      let made = marks.get(secret)
      if (made === undefined) marks.set(secret, (made = mark(secret)))
      return made
    }
    const names = new Map<string, string[]>()
    let at = 0
    for (const finding of scan.findings) {
      found(finding.rule.id)
      const secret = secretOf(text, finding, json)
      const quote = finding.bare === undefined ? '' : quoteInside(finding.bare)
      const replacement = quote + marker(finding.rule.id, markOf(secret)) + quote
      parts.push(text.slice(at, finding.start), replacement)
      if (finding.object !== undefined) parts.push(numbered(names, finding.object, replacement, secret))
      at = finding.end
    }
    parts.push(text.slice(at))
    return parts.join('')
  }

  return {
    version: rules.version,
    text: (text, found) => redact(text, found, false),
    json: (json, found) => redact(json, found, true),
  }
}

/** A quote as it is written inside so many strings of JSON. */
function quoteInside(strings: number): string {
  return `${'\\'.repeat(2 ** strings - 1)}"`
}

/** The secret as it is meant, so that it has the same mark in text and in JSON. */
function secretOf(text: string, { start, end }: Finding, json: boolean): string {
  const written = text.slice(start, end)
  return json && written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written
}

/** Two names of one object must not become equal: of different secrets with one mark, the second gets a number. */
function numbered(names: Map<string, string[]>, object: number, replacement: string, secret: string): string {
  const key = `${object} ${replacement}`
  const secrets = names.get(key) ?? []
  names.set(key, secrets)
  if (!secrets.includes(secret)) secrets.push(secret)
  const index = secrets.indexOf(secret)
  return index === 0 ? '' : `~${index + 1}`
}
