import { base64Url } from '../characters.ts'
import { compositionOf, isMixed, longest, looksRandom } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { startsWord, tokenRule } from '../shapes.ts'

/** `sk-` is the beginning of many providers' keys; these have rules of their own, or are public. */
const other = /^sk-(?:ant-|or-v1-|lf-|proj-|svcacct-|admin-|bt-|helicone-)/

const secretKey: Rule = {
  id: 'openai-api-key',
  description: 'Keys of OpenAI and of the many that took over its form (sk-…)',
  kind: 'secret',
  rank: 0,
  keywords: ['sk-', 't3blbkfj'],
  find: (scan, at, keyword) => {
    if (keyword === 't3blbkfj') {
      if (!scan.startsWith('T3BlbkFJ', at)) return
      const bodyStart = scan.runBefore(base64Url, at, 128)
      const end = scan.run(base64Url, at)
      const prefix = scan.text.slice(bodyStart, at - 16).lastIndexOf('sk-')
      if (at - bodyStart >= 16 && end - at >= 20)
        scan.report(secretKey, prefix < 0 ? bodyStart : bodyStart + prefix, end)
      return
    }
    if (!scan.startsWith('sk-', at)) return
    const end = scan.run(base64Url, at + 3)
    if (end - at < 19 || other.test(scan.text.slice(at, at + 12))) return
    // Inside a word ("task-…", "risk-…") only what no name looks like.
    const start = at + 3
    scan.allowance.left -= Math.min(end - at, 2 * longest)
    if (startsWord(scan, at) ? !seemsKey(scan.text, start, end) : !isTangled(scan.text, start, end)) return
    scan.report(secretKey, at, end)
  },
}

/** Names in kebab case have digits too ("sk-learn-1-2-compatible-models"); keys have a long part without a hyphen. */
function seemsKey(text: string, start: number, end: number): boolean {
  let part = start
  const stop = Math.min(end, start + longest)
  for (let at = start; at <= stop; at++) {
    if (at < stop && text.charCodeAt(at) !== 45) continue
    if (at - part >= 12 && isMixed(text, part, at) && looksRandom(text, part, at)) return true
    part = at + 1
  }
  return end - start >= 24 && looksRandom(text, start, end)
}

function isTangled(text: string, start: number, end: number): boolean {
  const { lowers, uppers, digits: figures, changes } = compositionOf(text, start, end)
  return (
    end - start >= 20 &&
    lowers > 2 &&
    uppers > 2 &&
    figures > 1 &&
    changes >= 6 &&
    looksRandom(text, start, end)
  )
}

export const openaiRules: readonly Rule[] = [
  tokenRule({
    id: 'openai-project-key',
    description: 'OpenAI keys of projects, service accounts and administrators',
    prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    body: base64Url,
    min: 16,
    check: isMixed,
  }),
  secretKey,
]
