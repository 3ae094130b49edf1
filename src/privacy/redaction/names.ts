import { wordsOf } from './name-words.ts'

/**
 * How much a name tells: under `figures` every text and number is a secret, under `password` texts and whole numbers of
 * four digits or more, under `certain` texts, under `likely` texts that are no plain words.
 */
export type Telling = 'figures' | 'password' | 'certain' | 'likely' | undefined

const list = (names: string) => names.split(',').map((name) => name.trim())

/** Names of passwords and keys; a word before them changes nothing, nor need it stand apart. */
const passwords = list(
  `password, passwd, passphrase, passwort, kennwort, pwd, secret, api key, secret key, access key, secret access key, client secret,
  private key, api secret, signing secret, webhook secret, session secret`,
)
const certainNames = list(
  `passwords, pass word, secrets, client secrets, api keys, api token, access keys, access key id, private keys, signing key,
  signing keys, encryption key, encryption keys, master key, account key, shared key, shared access key, auth key, auth token,
  access token, access tokens, refresh token, refresh tokens, id token, bearer token, bearer, session token, session cookie,
  session key, ssh key, hmac key, user token, bot token, personal access token, security token, csrf token, xsrf token, deploy token,
  credential, credentials, authorization, authorisation, basic auth, bearer auth, auth header, cookie, cookies, connection string,
  conn str, database url, sas token, seed phrase, mnemonic, db pass, smtp pass, recovery code`,
)
const figures = list('pin code, one time code, passcode')
/** So short that they end other words, too: they must stand apart. */
const shortFigures = list('pin, otp, cvv, cvc')
const shortNames = list('pass, pw, xauth, jwt')
const likelyNames = list('token, auth code')

/** Every name that tells, in words. */
export const tellingNames: readonly string[] = [
  ...passwords,
  ...certainNames,
  ...figures,
  ...shortFigures,
  ...shortNames,
  ...likelyNames,
  'auth',
]

const endsWith = (names: readonly string[]) =>
  new RegExp(`(?:${names.map((name) => name.replaceAll(' ', '')).join('|')})$`)
const passwordEnds = endsWith(passwords)
const certainEnds = endsWith(certainNames)
const figureEnds = endsWith(figures)
const likelyEnds = endsWith(likelyNames)

/** What may follow a telling name: `password_confirmation`, `apiKeyValue`. */
const qualifiers = new Set(list('value, plain, text, json, hash, confirm, confirmation, again, repeat'))

/** Words before `token` that make it a place in a list, or a token of a model. */
const harmlessTokens = new Set(
  list(
    `page, next, continuation, sync, cursor, eos, bos, pad, unk, sep, cls, mask, stop, special, pagination, start, end, max, min,
    total, num, per, last, first, usage, resource, resume, nextpage`,
  ),
)
const joinedTokens =
  /^(?:next|page|nextpage|continuation|pagination|eos|bos|pad|unk|sep|cls|mask|cursor|sync)tokens?$/
/** Words that make of a password's name a question or a switch. */
const harmlessBefore = new Set(
  list('use, need, needs, show, hide, require, requires, missing, invalid, no, forgot, allow, accept'),
)
/** Variables of shells that hold folders. */
const folders = new Set(['PWD', 'OLDPWD'])
const publicKey = /(?:^| )(?:public|publishable) ?(?:api ?)?keys?$/

/**
 * What a member name tells of its value. `authorization`, `x-api-key`, `clientSecret`, `DB_PASSWORD` are telling;
 * `total_tokens`, `nextPageToken`, `show_password` are not; nor are session ids, which name conversations here, and
 * sentences.
 */
export function tellingOf(name: string): Telling {
  if (name.length > 128 || (name.includes(' ') && name.trim().split(/\s+/).length > 3)) return undefined
  if (folders.has(name)) return undefined
  const words = wordsOf(name)
  const last = words.at(-1)
  if (last === undefined) return undefined
  const before = words.at(-2) ?? ''
  if (/^tokens?$/.test(last) && harmlessTokens.has(before)) return undefined
  if (joinedTokens.test(last) || publicKey.test(words.join(' '))) return undefined
  const telling = tellingOfWords(words)
  return telling !== undefined && telling !== 'likely' && harmlessBefore.has(words[0]!) && words.length > 1
    ? undefined
    : telling
}

function tellingOfWords(words: readonly string[]): Telling {
  const last = words.at(-1)
  if (last === undefined) return undefined
  if (shortFigures.includes(last)) return 'figures'
  if (shortNames.includes(last)) return 'certain'
  const plain = words.join('')
  if (figureEnds.test(plain)) return 'figures'
  if (passwordEnds.test(plain)) return 'password'
  if (certainEnds.test(plain)) return 'certain'
  // password2, api_key_1; but pass@1 is a metric.
  const unnumbered = plain.replace(/\d+$/, '')
  if (unnumbered !== plain && unnumbered !== '') {
    if (passwordEnds.test(unnumbered)) return 'password'
    if (certainEnds.test(unnumbered)) return 'certain'
  }
  if (qualifiers.has(last)) {
    const telling = tellingOfWords(words.slice(0, -1))
    if (telling !== undefined) return telling === 'likely' ? telling : 'certain'
  }
  return likelyEnds.test(unnumbered) || last === 'auth' ? 'likely' : undefined
}

/** Whether every text under such a name is a secret. */
export function isCertain(telling: Telling): boolean {
  return telling !== undefined && telling !== 'likely'
}

/** Whether the argument after this one is a secret: `--password`, `--api-key`. */
export function isSecretFlag(argument: string): boolean {
  return argument.startsWith('-') && !argument.includes('=') && tellingOf(argument) !== undefined
}

/** What the automaton looks for, so that names without any of these need not be looked at: every spelling, but what holds another. */
export const nameKeywords: readonly string[] = shortestOf([
  ...tellingNames.flatMap((name) =>
    ['', '_', '-', ' ', '.'].map((separator) => name.replaceAll(' ', separator)),
  ),
  // AZURE_OPENAI_KEY, in text.
  '_key',
])

function shortestOf(names: readonly string[]): readonly string[] {
  const all = [...new Set(names)].sort((a, b) => a.length - b.length)
  const kept: string[] = []
  for (const name of all) if (!kept.some((each) => name.includes(each))) kept.push(name)
  return kept
}
