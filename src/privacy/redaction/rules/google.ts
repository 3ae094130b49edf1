import { base64Url, dotted } from '../characters.ts'
import { isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { sequenceRule, tokenRule } from '../shapes.ts'

export const googleRules: readonly Rule[] = [
  tokenRule({
    id: 'google-api-key',
    description: 'Google API keys (AIza)',
    prefixes: ['AIza'],
    body: base64Url,
    min: 35,
    check: isMixed,
  }),
  tokenRule({
    id: 'google-oauth-token',
    description: 'Google OAuth access and refresh tokens (ya29., 1//0)',
    prefixes: ['ya29.', '1//0'],
    body: dotted,
    min: 30,
    check: isMixed,
  }),
  tokenRule({
    id: 'google-client-secret',
    description: 'Google OAuth client secrets (GOCSPX-)',
    prefixes: ['GOCSPX-'],
    body: base64Url,
    min: 24,
  }),
  sequenceRule({
    id: 'google-ai-studio-key',
    description: 'Google AI Studio keys of the newer form (AQ.)',
    prefixes: ['AQ.'],
    atWordStart: true,
    parts: ['Ab', [base64Url, 40, Infinity]],
  }),
]
