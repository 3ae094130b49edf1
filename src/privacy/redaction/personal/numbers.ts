import { alphanumeric, digits, isIn, letters, upperAlphanumeric, uppers, word } from '../characters.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'

const numberRule = (id: string, description: string): Rule => ({
  id,
  description,
  kind: 'personal',
  rank: 1,
  // Numbers have no keyword: `scanNumbers` finds them.
  keywords: [],
  find: () => {},
})

export const cardNumber = numberRule('card-number', 'Payment card numbers (issuer, length, Luhn)')
export const iban = numberRule('iban', 'IBANs (length by country, check digits)')
export const socialSecurityNumber = numberRule('us-ssn', 'US social security numbers')

/** Reports the card, if one begins at this digit; answers whether. */
export function findCard(scan: Scan, at: number): boolean {
  const isInside = startsInside(scan, at)
  // Digits in one piece after a hyphen or a slash are part of an id; in groups of four, they are a card there, too.
  if (isInside && !(isAfterHyphenOrSlash(scan, at) && scan.code(at + 4) === 32)) return false
  let end = at
  let figures = ''
  let separator = 0
  // Another number may follow: wherever a group ends, the card may.
  while (figures.length < 16) {
    const code = scan.code(end)
    if (isIn(code, digits)) figures += scan.text[end]!
    else if (
      (code === 32 || code === 45) &&
      scan.has(end + 1, digits) &&
      (separator === 0 || separator === code) &&
      figures.length >= 4
    )
      separator = code
    else break
    end++
    if (figures.length < 14 || scan.has(end, digits) || !isCard(scan, at, end, figures, separator)) continue
    scan.allowance.left -= end - at
    scan.report(cardNumber, at, end)
    return true
  }
  scan.allowance.left -= end - at
  return false
}

function isCard(scan: Scan, at: number, end: number, figures: string, separator: number): boolean {
  if (!isIn(scan.code(end - 1), digits) || !isIssued(figures) || !passesLuhn(figures)) return false
  if (endsInside(scan, end) && !(separator === 32 && scan.code(end) === 47)) return false
  return (
    separator === 0 || /^(?:\d{4}[ -]){3}\d{4}$|^\d{4}[ -]\d{6}[ -]\d{4,5}$/.test(scan.text.slice(at, end))
  )
}

/** Number ranges of issuers, with the lengths they have. */
function isIssued(figures: string): boolean {
  const two = Number(figures.slice(0, 2))
  const four = Number(figures.slice(0, 4))
  const { length } = figures
  if (new Set(figures).size < 2) return false
  if (figures.startsWith('4')) return length === 16
  if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720)) return length === 16
  if (two === 34 || two === 37) return length === 15
  if (two === 36 || two === 38 || two === 39 || (four >= 3000 && four <= 3059)) return length === 14
  if (four >= 3528 && four <= 3589) return length === 16
  if (four === 6011 || two === 65 || (four >= 6440 && four <= 6499)) return length === 16
  return two === 62 && length === 16
}

export function passesLuhn(figures: string): boolean {
  let sum = 0
  for (let at = figures.length - 1, twice = false; at >= 0; at--, twice = !twice) {
    const digit = figures.charCodeAt(at) - 48
    sum += twice ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return sum % 10 === 0
}

export function findSocialSecurityNumber(scan: Scan, at: number): boolean {
  if (scan.code(at + 3) !== 45 || scan.code(at + 6) !== 45 || startsInside(scan, at)) return false
  const text = scan.text.slice(at, at + 11)
  if (
    !/^(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}$/.test(text) ||
    at + 11 > scan.to ||
    endsInside(scan, at + 11)
  )
    return false
  scan.report(socialSecurityNumber, at, at + 11)
  return true
}

const ibanLengths = new Map(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18
  FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20
  LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24
  SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30`
    .split(/\s+/)
    .map((each) => [each.slice(0, 2), Number(each.slice(2))]),
)

/** Reports the IBAN whose two check digits begin at this digit; answers whether there is one. */
export function findIban(scan: Scan, at: number): boolean {
  const start = at - 2
  const length =
    scan.has(start, uppers) && scan.has(start + 1, uppers)
      ? ibanLengths.get(scan.text.slice(start, at))
      : undefined
  if (length === undefined || scan.has(start - 1, word)) return false
  let figures = ''
  let end = start
  while (figures.length < length) {
    const code = scan.code(end)
    if (isIn(code, upperAlphanumeric)) figures += scan.text[end]!
    else if (!(code === 32 && scan.has(end + 1, upperAlphanumeric) && figures.length % 4 === 0)) break
    end++
  }
  scan.allowance.left -= end - start
  if (figures.length !== length || scan.has(end, alphanumeric) || !passesMod97(figures)) return false
  scan.report(iban, start, end)
  return true
}

/** Reports an IBAN whose bank is in letters, `GB29 NWBK 6016 …`, from the digits after them; answers whether there is one. */
export function findIbanBefore(scan: Scan, at: number): boolean {
  if (!isIn(scan.code(at - 1), uppers) && !(scan.code(at - 1) === 32 && isIn(scan.code(at - 2), uppers)))
    return false
  for (let start = Math.max(scan.from, at - 12); start + 4 <= at; start++)
    if (isIn(scan.code(start), uppers) && isIn(scan.code(start + 2), digits) && findIban(scan, start + 2))
      return true
  return false
}

export function passesMod97(figures: string): boolean {
  let rest = 0
  const turned = figures.slice(4) + figures.slice(0, 4)
  for (const each of turned) {
    const value = isIn(each.charCodeAt(0), letters) ? each.charCodeAt(0) - 55 : Number(each)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** Whether a number that begins here would be a part of something longer: a word, a decimal, an id with hyphens. */
export function startsInside(scan: Scan, at: number): boolean {
  const before = scan.code(at - 1)
  if (isIn(before, word)) return !(scan.code(at - 2) === 92 && /[nrt]/.test(String.fromCharCode(before)))
  if (before === 44) return isThousands(scan, at - 1)
  return (before === 46 || before === 45 || before === 47) && scan.has(at - 2, alphanumeric)
}

/** Whether it stands behind a word and a hyphen, or in a path. */
export function isAfterHyphenOrSlash(scan: Scan, at: number): boolean {
  const before = scan.code(at - 1)
  return before === 45 || before === 47
}

export function endsInside(scan: Scan, at: number): boolean {
  const after = scan.code(at)
  if (isIn(after, word)) return true
  if (after === 44) return isThousands(scan, at)
  return (after === 46 || after === 45 || after === 47) && scan.has(at + 1, alphanumeric)
}

/** Whether a comma groups the figures of one number, 1,234, and does not stand between two fields. */
function isThousands(scan: Scan, comma: number): boolean {
  const start = scan.runBefore(digits, comma, 4)
  const end = scan.shortRun(digits, comma + 1, 4)
  return (
    start < comma && start > comma - 4 && end === comma + 4 && scan.code(end) !== 45 && !scan.has(end, word)
  )
}
