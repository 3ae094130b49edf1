import { base64, upperAlphanumeric, word } from '../characters.ts'
import { compositionOf, hasEntropy, isMixed } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import type { Scan } from '../scan.ts'
import { endsWord, sequenceRule, startsWord } from '../shapes.ts'

const awsSecret: Rule = {
  id: 'aws-secret-key',
  description:
    'AWS secret keys beside the id they belong to; elsewhere they are found by the name they are given to',
  kind: 'secret',
  rank: 0,
  keywords: [],
  find: () => {},
}

/** How far from its id a secret key is looked for. */
const nearby = 256

const awsId: Rule = {
  id: 'aws-access-key-id',
  description: 'AWS access key ids (AKIA, ASIA, …)',
  kind: 'secret',
  rank: 0,
  keywords: ['akia', 'asia', 'abia', 'acca', 'aroa', 'aida'],
  find: (scan, at) => {
    if (!scan.has(at, upperAlphanumeric) || !startsWord(scan, at)) return
    const end = scan.run(upperAlphanumeric, at)
    if (end - at !== 20 || !endsWord(scan, end) || !isMixed(scan.text, at, end)) return
    scan.report(awsId, at, end)
    bareSecrets(scan, at, end)
  },
  beside: (scan, start, end) => bareSecrets(scan, start, end),
}

function bareSecrets(scan: Scan, idStart: number, idEnd: number): void {
  const from = Math.max(scan.from, idStart - nearby)
  const to = Math.min(scan.to, idEnd + nearby)
  scan.allowance.left -= to - from
  for (let at = from; at < to; at++) {
    if (!scan.has(at, base64)) continue
    const end = scan.shortRun(base64, at, 48)
    // `=` is the sign before the value, never part of it.
    const start = at + scan.text.slice(at, end).lastIndexOf('=') + 1
    if (end - start === 40 && !scan.has(start - 1, word)) {
      const { lowers, uppers, digits } = compositionOf(scan.text, start, end)
      if (lowers > 3 && uppers > 3 && digits > 0 && hasEntropy(scan.text, start, end, 4))
        scan.report(awsSecret, start, end)
    }
    at = end
  }
}

export const awsRules: readonly Rule[] = [
  awsId,
  awsSecret,
  sequenceRule({
    id: 'aws-bedrock-key',
    description: 'Bedrock API keys (ABSK…, bedrock-api-key-…)',
    prefixes: ['ABSK', 'bedrock-api-key-'],
    parts: [[base64, 60, Infinity]],
    check: (scan, start, end) => isMixed(scan.text, start, end),
  }),
]
