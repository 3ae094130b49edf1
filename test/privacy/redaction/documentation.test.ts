import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ruleDescriptions, ruleSetWith } from '../../../src/privacy/redaction/rule-set.ts'

const page = readFileSync(new URL('../../../docs/redaction.md', import.meta.url), 'utf8')

it('tells of every rule, and of no other', () => {
  const told = [...page.matchAll(/^\| `([^`]+)` +\| (.*?) +\|$/gm)].map(([, id, description]) => [
    id,
    description,
  ])
  expect(told).toEqual(ruleDescriptions.map(({ id, description }) => [id, description]))
})

it('gives an example of own rules that can be used', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page)![1]!
  const { rules, version } = ruleSetWith(JSON.parse(example))
  expect(rules.at(-1)!.id).toBe('acme-badge')
  expect(page).toContain(`\`${version}\``)
})
