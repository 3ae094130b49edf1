import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules } from '../../../src/privacy/redaction/rule-set.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const redacted = (text: string) => redactor.text(text, () => {})

describe('finds all of the numbers in', () => {
  it.each([
    ['«4111111111111111» 12/26 123', 'card-number'],
    ['Card «4111 1111 1111 1111» 12/26', 'card-number'],
    ['«4111 1111 1111 1111» 123', 'card-number'],
    ['«4111111111111111» «5555555555554444»', 'card-number'],
    ['«4111 1111 1111 1111» «5555 5555 5555 4444»', 'card-number'],
    ['«4111111111111111»,«5555555555554444»', 'card-number'],
    ['Bob,«4111111111111111»,12/26', 'card-number'],
    ['1,«4111111111111111»,123', 'card-number'],
    ['Bob,«078-05-1120»,x', 'us-ssn'],
    ['7,«078-05-1120»,100', 'us-ssn'],
    ['Bob,«+14155550132»,x', 'phone-number'],
    ['Bob,«415-555-0132»,x', 'phone-number'],
    ['1,«415-555-0132»,7', 'phone-number'],
    ['«555-223-4567» «555-223-4568»', 'phone-number'],
    ['«+1 415 555 2671» 2', 'phone-number'],
    ['«+1 415 555 2671» 12:00', 'phone-number'],
    ['bob,«203.0.113.7»,x', 'ip-address'],
    ['«10.1.2.3»,«10.1.2.4»', 'ip-address'],
    ['«10.1.2.3»,«203.0.113.7»,1', 'ip-address'],
    ['root@«203.0.113.7»', 'ip-address'],
    ['ssh root@«10.1.2.3»', 'ip-address'],
    ['«10.0.0.1»@«10.0.0.2»', 'ip-address'],
    ['server «203.0.113.7» nameserver «203.0.113.8» dev «203.0.113.9» driver=«203.0.113.7»', 'ip-address'],
    ['updated host «203.0.113.7»', 'ip-address'],
  ])('%s', (marked, rule) => {
    const expected = marked.replace(/«[^»]*»/g, `[REDACTED:${rule}:0a1b]`)
    const result = redacted(marked.replace(/[«»]/g, ''))
    expect(result).toBe(expected)
    expect(redacted(result)).toBe(result)
  })
})

it.each([
  '1,234,567.89',
  '12,345',
  '1,415,555,213',
  '+52.5200066',
  '+52.5200066 +13.4049540, +48.137154123',
  'pkg@1.2.3.4',
  'v 1.2.3.4, ver. 10.2.3.4, rev 1.2.3.4',
  'updated to 13.6.233.17',
  'bump 1.2.3.4',
  '41111111111111110',
  '4111111111111111.0',
  'rows 4155552671 4155552672',
])('leaves %s', (text) => {
  expect(redacted(text)).toBe(text)
})
