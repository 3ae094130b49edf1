import { expect, it } from 'vitest'
import { passesLuhn, passesMod97 } from '../../../src/privacy/redaction/personal/numbers.ts'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'
import { randomNumbers, render } from './generated-secrets.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const redacted = (text: string) => redactor.text(text, () => {})
const random = randomNumbers(11)

/** The shape's figures with the last digit that Luhn asks for. */
function card(shape: string): string {
  const start = render(shape, random)
  return Array.from({ length: 10 }, (_, digit) => `${start}${digit}`).find(passesLuhn)!
}

/** An IBAN of a country and an account, with the check digits that fit. */
function account(country: string, shape: string): string {
  const rest = render(shape, random)
  return Array.from(
    { length: 97 },
    (_, check) => `${country}${String(check + 2).padStart(2, '0')}${rest}`,
  ).find(passesMod97)!
}

const grouped = (figures: string, size: number, separator: string) =>
  figures.match(new RegExp(`.{1,${size}}`, 'g'))!.join(separator)

it.each(['4{d14}', '51{d13}', '55{d13}', '2221{d11}', '6011{d11}', '65{d13}', '3530{d11}', '62{d13}'])(
  'finds cards of the form %s',
  (shape) => {
    for (let time = 0; time < 20; time++) {
      const number = card(shape)
      for (const written of [number, grouped(number, 4, ' '), grouped(number, 4, '-')])
        expect(redacted(`paid with ${written}, thanks`)).toBe('paid with [REDACTED:card-number:0a1b], thanks')
    }
  },
)

it('finds cards of 14 and 15 figures', () => {
  expect(redacted(`x ${card('37{d12}')}.`)).toBe('x [REDACTED:card-number:0a1b].')
  const number = card('34{d12}')
  expect(redacted(`${number.slice(0, 4)} ${number.slice(4, 10)} ${number.slice(10)}`)).toBe(
    '[REDACTED:card-number:0a1b]',
  )
  expect(redacted(card('36{d11}'))).toBe('[REDACTED:card-number:0a1b]')
})

it('leaves figures that fail Luhn, are of no issuer, or are a part of something longer', () => {
  const number = card('4{d14}')
  const wrong = number.slice(0, -1) + String((Number(number.at(-1)) + 1) % 10)
  for (const text of [
    wrong,
    card('9{d14}'),
    `${number}0`,
    `x${number}`,
    `${number}x`,
    `0.${number}`,
    `a-${number}`,
    `${number}-1`,
    `1${number}`,
  ])
    expect(redacted(text)).toBe(text)
})

it.each([
  ['DE', '{d18}'],
  ['GB', 'NWBK{d14}'],
  ['NL', 'ABNA{d10}'],
  ['FR', '{d10}{U11}{d2}'],
  ['CH', '{d5}{U12}'],
  ['NO', '{d11}'],
  ['ES', '{d20}'],
  ['MT', 'MALT{d17}{U6}'],
])('finds IBANs of %s', (country, shape) => {
  for (let time = 0; time < 20; time++) {
    const number = account(country, shape)
    for (const written of [number, grouped(number, 4, ' ')])
      expect(redacted(`to ${written}, soon`), written).toBe('to [REDACTED:iban:0a1b], soon')
    const wrong = `${number.slice(0, 2)}${String((Number(number.slice(2, 4)) + 1) % 97).padStart(2, '0')}${number.slice(4)}`
    expect(redacted(`to ${wrong}`)).not.toContain('iban')
  }
})
