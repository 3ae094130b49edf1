/** How much a name tells: under `certain` every value is a secret, under `likely` what is no plain word. */
export type Telling = 'certain' | 'likely' | undefined

/** Ends of names, without `-`, `_`, `.` and in small letters, under which every value is a secret. */
const certainEnds =
  /(?:passwords?|passwd|passphrase|passwort|pwd|clientsecrets?|secrets?|secretkeys?|secretaccesskey|apikeys?|apisecret|apitoken|accesskeys?|accesskeyid|privatekeys?|signingkeys?|signingsecret|encryptionkeys?|masterkey|accountkey|sharedkey|sharedaccesskey|authkey|authtoken|accesstokens?|refreshtokens?|idtoken|bearertoken|bearer|sessiontoken|sessionsecret|sessioncookie|usertoken|bottoken|personalaccesstoken|securitytoken|csrftoken|xsrftoken|deploytoken|webhooksecret|credentials?|authorization|cookies?|connectionstring|connstr|databaseurl|sastoken|otp|onetimecode|pincode|cvv|cvc|seedphrase|mnemonic)$/
const certainNames = new Set(['pass', 'xauth', 'authorisation', 'xapikey', 'jwt'])
const likelyEnds = /(?:token|tokenvalue|authcode)$/

/** Names that end alike, but say of a secret, or are no secret at all. */
const harmless =
  /(?:(?:page|next|continuation|sync|cursor|eos|bos|pad|unk|sep|cls|mask|stop|special|pagination|start|end|max|min|total|num|per|last|first|usage|change|resource|resume)tokens?|(?:has|is|use|need|needs|show|hide|require|requires|missing|invalid|no|reset|forgot|change|confirm|with|allow|accept)(?:password|passwd|secrets?|apikeys?|credentials?|cookies?|authorization)|(?:public|publishable)(?:api)?keys?)$/

/**
 * What a member name tells of its value. `authorization`, `x-api-key`, `clientSecret`, `DB_PASSWORD` are telling;
 * `total_tokens`, `nextPageToken`, `has_password` are not; nor are session ids, which name conversations here.
 */
export function tellingOf(name: string): Telling {
  if (name.length > 128) return undefined
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/\d+$/, '')
  if (harmless.test(plain)) return undefined
  if (certainEnds.test(plain) || certainNames.has(plain)) return 'certain'
  return likelyEnds.test(plain) ? 'likely' : undefined
}

/** Whether the argument after this one is a secret: `--password`, `--api-key`. */
export function isSecretFlag(argument: string): boolean {
  return argument.startsWith('-') && !argument.includes('=') && tellingOf(argument) !== undefined
}

/** What the automaton looks for, so that names without any of these need not be looked at. */
export const nameKeywords = [
  'pass',
  'pwd',
  '_pw',
  'secret',
  'token',
  'api_key',
  'api-key',
  'apikey',
  'api.key',
  'access_key',
  'access-key',
  'accesskey',
  'private_key',
  'private-key',
  'privatekey',
  'signing_key',
  'signing-key',
  'signingkey',
  'encryption_key',
  'encryption-key',
  'encryptionkey',
  'master_key',
  'master-key',
  'masterkey',
  'account_key',
  'accountkey',
  'shared_key',
  'sharedkey',
  'auth',
  'credential',
  'cookie',
  'bearer',
  'connection_string',
  'connectionstring',
  'connstr',
  'database_url',
  'databaseurl',
  'jwt',
  'otp',
  'cvv',
  'cvc',
  'pin_code',
  'pincode',
  'seed_phrase',
  'mnemonic',
]
