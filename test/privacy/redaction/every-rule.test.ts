import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../../src/privacy/redaction/redactor.ts'
import { builtInRules, ruleDescriptions } from '../../../src/privacy/redaction/rule-set.ts'
import { personal, places, randomNumbers, render, shapes } from './generated-secrets.ts'
import { leftovers, markerWords, surroundings } from './surroundings.ts'

const redactor = createRedactor(builtInRules, { mark: () => '0a1b', personalData: true })
const plain = createRedactor(builtInRules, { mark: () => '0a1b', personalData: false })

/** What was found, and what is left. */
function redacted(text: string, which = redactor) {
  const rules: string[] = []
  const result = which.text(text, (rule) => rules.push(rule))
  return { rules, result }
}

describe.each(Object.entries(shapes))('%s', (id, its) => {
  it.each(Object.entries(surroundings))('is found %s, and nothing of it is left', (_, surround) => {
    const random = randomNumbers(id.length)
    for (const shape of its)
      for (let time = 0; time < 4; time++) {
        const secret = render(shape, random)
        const text = surround(secret)
        const { rules, result } = redacted(text, plain)
        expect(rules, text).toContain(id)
        expect(leftovers(secret, result, surround('') + markerWords), `${text}\n${result}`).toEqual([])
        expect(redacted(result).result).toBe(result)
      }
  })
})

describe.each(Object.entries(places))('%s', (id, its) => {
  it.each(its)('is found in %s', (shape) => {
    const random = randomNumbers(id.length)
    for (let time = 0; time < 8; time++) {
      const marked = render(shape, random)
      const secret = /«([^]*)»/.exec(marked)![1]!
      const text = marked.replace(/[«»]/g, '')
      for (const around of [text, `so ${text}`, `a\n${text}\nb`, `\\n${text}`]) {
        const { rules, result } = redacted(around, plain)
        expect(rules, around).toContain(id)
        // Nothing of the secret but what every such secret has.
        const rest = leftovers(
          secret,
          result,
          `${marked.replace(/«[^]*»/, '')}${markerWords} Proc-Type DEK-Info AES-128-CBC`,
        )
        expect(rest, `${around}\n${result}`).toEqual([])
        expect(redacted(result, plain).result).toBe(result)
      }
    }
  })
})

describe.each(Object.entries(personal))('%s', (id, its) => {
  it.each(its)('is found as %s, if personal data is asked for', (shape) => {
    const random = randomNumbers(id.length)
    for (let time = 0; time < 8; time++) {
      const value = render(shape, random)
      for (const text of [
        value,
        `Call ${value}.`,
        `(${value})`,
        `"${value}"`,
        `a: ${value}, b`,
        `x\\n${value}\\ny`,
        `${value}\n`,
        `<${value}>`,
      ]) {
        const { rules, result } = redacted(text)
        expect(rules, text).toContain(id)
        expect(result).not.toContain(value.slice(-6))
        expect(redacted(result).result).toBe(result)
        expect(
          plain.text(text, () => {}),
          text,
        ).toBe(text)
      }
    }
  })
})

it('has a secret for every rule', () => {
  const tried = new Set([...Object.keys(shapes), ...Object.keys(places), ...Object.keys(personal)])
  const elsewhere = ['named-value', 'card-number', 'iban']
  expect(
    ruleDescriptions
      .map(({ id }) => id)
      .filter((id) => !tried.has(id))
      .sort(),
  ).toEqual(elsewhere.sort())
})
