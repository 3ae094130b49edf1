import { expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const redacted = (text: string) => redactor.text(text, () => {})
const mail = '[REDACTED:mail-address:0a1b]'

it.each([
  ['alice@example.com.json', `${mail}.json`],
  ['alice@example.com(work)', `${mail}(work)`],
  ['alice@example.com.1', `${mail}.1`],
  ['alice@example.com.', `${mail}.`],
  ['alice@example.com_x', `${mail}_x`],
  ['alice.smith@firma.rs', mail],
  ['jo.doe@firma.md, ann_lee@firma.py', `${mail}, ${mail}`],
])('of %s leaves no address', (text, expected) => {
  expect(redacted(text)).toBe(expected)
  expect(redacted(expected)).toBe(expected)
})

it.each(['icon@2x.png', 'icon@2x.dark.png', 'matrix@vector.transpose(x)', 'self@other.py', 'main@lib.rs'])(
  'leaves %s',
  (text) => {
    expect(redacted(text)).toBe(text)
  },
)
