import { expect, it } from 'vitest'
import { nameKeywords, tellingNames, tellingOf } from '../../../src/privacy/redaction/names.ts'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: false })
const json = (text: string) => redactor.json(text, () => {})

const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1)

it.each(tellingNames)('reaches %s in every spelling', (name) => {
  const words = name.split(' ')
  const spellings = [
    ...['', '_', '-', ' ', '.'].map((separator) => words.join(separator)),
    words[0]! + words.slice(1).map(capital).join(''),
    words.map(capital).join(' '),
    words.map(capital).join('-'),
    words.join('_').toUpperCase(),
    `db_${words.join('_')}`,
    `my${words.map(capital).join('')}`,
  ]
  // Of shells, PWD is a folder.
  for (const written of spellings.filter((each) => each !== 'PWD')) {
    expect(tellingOf(written), written).toBeDefined()
    expect(
      nameKeywords.some((keyword) => written.toLowerCase().includes(keyword)),
      written,
    ).toBe(true)
    expect(json(JSON.stringify({ [written]: 'Kq93mzP0xTvw81LsNc72' })), written).toContain('named-value')
  }
})

it.each(
  `redis_password REDIS_PASSWORD clickhouse_password trino_password exchange_api_key exchange_secret jarvis_api_key
  langfuse_api_key nano_api_key confirmPassword confirm_password password_confirmation passwordConfirm newPassword
  password_hash reset_password change_password withPassword password2 PGPASSWORD dbpassword db_pass dbpass smtp_pass
  MYSQL_PWD user_pw pw passcode basic_auth auth_header authHeader apiKeyValue secret_value session_key ssh_key
  proxy-authorization conn_str account-key pin-code pin seedPhrase`.split(/\s+/),
)('%s tells of a secret for certain', (name) => {
  expect(json(`{"${name}": "a word"}`)).toContain('named-value')
})

it.each(['admin_token', 'developer_token', 'backend_token', 'send_token', 'super_token', 'auth', '_auth'])(
  '%s tells of what is no plain word',
  (name) => {
    expect(tellingOf(name)).toBe('likely')
    expect(json(`{"${name}": "Kq93mzP0xTvw81LsNc72"}`)).toContain('named-value')
  },
)

it.each(
  `page_token nextPageToken next-page-token nextpagetoken max_token eos_token pad_token show_password public_key
  publicApiKey spin laptop happin tokens max_tokens passed bypass compass author authors oauth_app pass@1 pass^4`.split(
    /\s+/,
  ),
)('%s tells of nothing', (name) => {
  expect(tellingOf(name)).toBeUndefined()
})
