import { randomBytes } from 'node:crypto'
import { mark } from './pseudonym.ts'
import { createRedactor } from './redaction/redactor.ts'
import type { RuleSet } from './redaction/rule-set.ts'

/** Redacts what is no record: logs, errors, excerpts of files. Its marks are comparable within one process only. */
export interface TextRedaction {
  readonly text: (text: string) => string
  /** @param json valid JSON */
  readonly json: (json: string) => string
}

export function textRedaction(rules: RuleSet): TextRedaction {
  const key = randomBytes(32)
  const redactor = createRedactor(rules, { mark: (secret) => mark(key, secret), personalData: true })
  const uncounted = () => {}
  return {
    text: (text) => redactor.text(text, uncounted),
    json: (json) => redactor.json(json, uncounted),
  }
}
