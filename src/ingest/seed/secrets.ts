import { base62, digits, lowerHex, type Draw } from './draw.ts'

/** Right in shape and length, made up, and put together here, so that no scanner of sources takes one for real. */
type Secret = (draw: Draw) => string

const base64url = `${base62}-_`
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const openAi: Secret = (draw) =>
  ['sk', 'proj', draw.text(base64url, 74) + 'T3BlbkFJ' + draw.text(base64url, 74)].join('-')
const oldOpenAi: Secret = (draw) =>
  ['sk', `${draw.text(base62, 20)}T3BlbkFJ${draw.text(base62, 20)}`].join('-')
const anthropic: Secret = (draw) => ['sk', 'ant', 'api03', `${draw.text(base64url, 93)}AA`].join('-')
const aws: Secret = (draw) => `${['AK', 'IA'].join('')}${draw.text(upper, 16)}`
const gitHub: Secret = (draw) => ['ghp', draw.text(base62, 36)].join('_')
const slack: Secret = (draw) =>
  ['xoxb', draw.text(digits, 12), draw.text(digits, 12), draw.text(base62, 24)].join('-')
const google: Secret = (draw) => `${['AI', 'za'].join('')}${draw.text(base64url, 35)}`
const bearer: Secret = (draw) => `${['Authorization:', 'Bearer'].join(' ')} ${draw.text(lowerHex, 48)}`
const jwt: Secret = (draw) =>
  [
    encoded({ alg: 'HS256', typ: 'JWT' }),
    encoded({ sub: draw.text(digits, 8), name: 'A. Nobody', iat: 1_750_000_000 }),
    draw.text(base64url, 43),
  ].join('.')
const privateKey: Secret = (draw) => {
  const mark = (word: string) => ['-----', `${word} RSA PRIVATE`, ' KEY', '-----'].join('')
  const lines = Array.from({ length: 12 }, () => draw.text(`${base62}+/`, 64))
  return [mark('BEGIN'), ...lines, `${draw.text(base62, 42)}==`, mark('END')].join('\n')
}
const urlCredentials: Secret = (draw) =>
  ['postgres:', '', `app:${draw.text(base62, 14)}@db.example.com:5432`, 'app'].join('/')
const email: Secret = (draw) =>
  `${draw.of(['ada', 'grace.h', 'li-na', 'o_brien'])}${draw.below(1000)}@${draw.of(['example.com', 'mail.example.org'])}`
/** Of the numbers that are kept free for films. */
const phone: Secret = (draw) =>
  draw.of([
    `+1 (415) 555-01${draw.text(digits, 2)}`,
    `+44 20 7946 0${draw.text(digits, 3)}`,
    `415-555-01${draw.text(digits, 2)}`,
  ])

/** Of those that testers use, with the check digit of Luhn. */
const card: Secret = (draw) => {
  const number = `400000${draw.text(digits, 9)}`
  const sum = [...number].reduce((total, digit, at) => {
    const doubled = Number(digit) * (at % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  const whole = `${number}${(10 - (sum % 10)) % 10}`
  return draw.once(2) ? whole : whole.replace(/(\d{4})(?=\d)/g, '$1 ')
}

/** Of a bank that there is none of, with the check digits of ISO 13616: letters count from 10, and 97 is left over by 1. */
const iban: Secret = (draw) => {
  const account = `00000000${draw.text(digits, 10)}`
  const check = 98n - (BigInt(`${account}131400`) % 97n)
  return `DE${String(check).padStart(2, '0')}${account}`
}

export const secrets: Readonly<Record<string, Secret>> = { openAi, oldOpenAi, anthropic, aws, gitHub, slack, google, jwt, privateKey, bearer, urlCredentials, email, phone, card, iban } // prettier-ignore

const settings = Object.values(secrets)

/** A secret as it is met: in a command, a sentence, a log line, a file. */
export function leak(draw: Draw): string {
  const secret = draw.of(settings)(draw)
  return draw.of([
    () => `export API_KEY='${secret}' && npm test`,
    () => `My key is ${secret}, please do not tell anyone.`,
    () => `curl -sS -H "x-key: ${secret}" https://api.example.com/v1/things`,
    () =>
      `Traceback (most recent call last):\n  File "app.py", line 12\nRuntimeError: cannot use ${secret}\n`,
    () => `NAME=app\nKEY=${secret}\nDEBUG=1\n`,
    () => secret,
  ])()
}
