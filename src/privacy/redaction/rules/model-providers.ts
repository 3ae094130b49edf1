import { alphanumeric, base64Url, dotted, hex, lowerHex, word } from '../characters.ts'
import { compositionOf, isMixed, looksRandom } from '../randomness.ts'
import type { Rule } from '../rule.ts'
import { sequenceRule, startsWord, tokenRule } from '../shapes.ts'

/** `sk-` is the beginning of many providers' keys; these have rules of their own, or are public. */
const other = /^sk-(?:ant-|or-v1-|lf-|proj-|svcacct-|admin-)/

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
      const start = scan.text.lastIndexOf('sk-', at - 16)
      if (at - bodyStart >= 16 && end - at >= 20)
        scan.report(secretKey, start >= bodyStart ? start : bodyStart, end)
      return
    }
    if (!scan.startsWith('sk-', at)) return
    const end = scan.run(base64Url, at + 3)
    if (end - at < 19 || other.test(scan.text.slice(at, at + 11))) return
    // Inside a word ("task-…", "risk-…") only what no name looks like.
    const start = at + 3
    if (startsWord(scan, at) ? !seemsKey(scan.text, start, end) : !isTangled(scan.text, start, end)) return
    scan.report(secretKey, at, end)
  },
}

/** Names in kebab case have digits too ("sk-learn-1-2-compatible-models"); keys have a long part without a hyphen. */
function seemsKey(text: string, start: number, end: number): boolean {
  let part = start
  for (let at = start; at <= end; at++) {
    if (at < end && text.charCodeAt(at) !== 45) continue
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

export const modelProviderRules: readonly Rule[] = [
  tokenRule({
    id: 'anthropic-api-key',
    description: 'Anthropic keys and tokens (sk-ant-api03-, sk-ant-admin01-, sk-ant-oat01-, …)',
    prefixes: ['sk-ant-'],
    body: base64Url,
    min: 16,
    check: isMixed,
  }),
  tokenRule({
    id: 'openai-project-key',
    description: 'OpenAI keys of projects, service accounts and administrators',
    prefixes: ['sk-proj-', 'sk-svcacct-', 'sk-admin-'],
    body: base64Url,
    min: 16,
    check: isMixed,
  }),
  secretKey,
  tokenRule({
    id: 'openrouter-api-key',
    description: 'OpenRouter keys (sk-or-v1-)',
    prefixes: ['sk-or-v1-', 'sk-or-'],
    body: base64Url,
    min: 24,
    check: isMixed,
  }),
  tokenRule({
    id: 'xai-api-key',
    description: 'xAI keys (xai-)',
    prefixes: ['xai-'],
    body: alphanumeric,
    min: 40,
    check: isMixed,
  }),
  tokenRule({
    id: 'groq-api-key',
    description: 'Groq keys (gsk_)',
    prefixes: ['gsk_'],
    body: alphanumeric,
    min: 32,
  }),
  tokenRule({
    id: 'hugging-face-token',
    description: 'Hugging Face tokens of users and organisations (hf_, api_org_)',
    prefixes: ['hf_', 'api_org_'],
    body: alphanumeric,
    min: 30,
  }),
  tokenRule({
    id: 'replicate-api-token',
    description: 'Replicate tokens (r8_)',
    prefixes: ['r8_'],
    body: word,
    min: 32,
  }),
  tokenRule({
    id: 'perplexity-api-key',
    description: 'Perplexity keys (pplx-)',
    prefixes: ['pplx-'],
    body: alphanumeric,
    min: 32,
    check: isMixed,
  }),
  tokenRule({
    id: 'langfuse-secret-key',
    description: 'Langfuse secret keys (sk-lf-); public keys (pk-lf-) stay',
    prefixes: ['sk-lf-'],
    body: base64Url,
    min: 20,
  }),
  sequenceRule({
    id: 'langsmith-api-key',
    description: 'LangSmith keys (lsv2_pt_, lsv2_sk_)',
    prefixes: ['lsv2_pt_', 'lsv2_sk_'],
    parts: [[lowerHex, 32, 32], '_', [alphanumeric, 6, Infinity]],
  }),
  tokenRule({
    id: 'nvidia-api-key',
    description: 'NVIDIA keys (nvapi-)',
    prefixes: ['nvapi-'],
    body: base64Url,
    min: 40,
  }),
  tokenRule({
    id: 'cerebras-api-key',
    description: 'Cerebras keys (csk-)',
    prefixes: ['csk-'],
    body: alphanumeric,
    min: 40,
    check: isMixed,
  }),
  tokenRule({
    id: 'fireworks-api-key',
    description: 'Fireworks keys (fw_)',
    prefixes: ['fw_'],
    body: alphanumeric,
    min: 22,
    atWordStart: true,
    check: looksRandom,
  }),
  tokenRule({
    id: 'voyage-api-key',
    description: 'Voyage keys (pa-)',
    prefixes: ['pa-'],
    body: base64Url,
    min: 40,
    atWordStart: true,
    check: looksRandom,
  }),
  tokenRule({
    id: 'jina-api-key',
    description: 'Jina keys (jina_)',
    prefixes: ['jina_'],
    body: base64Url,
    min: 40,
    check: isMixed,
  }),
  tokenRule({
    id: 'pinecone-api-key',
    description: 'Pinecone keys (pcsk_)',
    prefixes: ['pcsk_'],
    body: word,
    min: 40,
  }),
  tokenRule({
    id: 'tavily-api-key',
    description: 'Tavily keys (tvly-)',
    prefixes: ['tvly-'],
    body: base64Url,
    min: 20,
    check: isMixed,
  }),
  tokenRule({
    id: 'firecrawl-api-key',
    description: 'Firecrawl keys (fc-)',
    prefixes: ['fc-'],
    body: lowerHex,
    min: 32,
    max: 32,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'e2b-api-key',
    description: 'E2B keys (e2b_)',
    prefixes: ['e2b_'],
    body: hex,
    min: 36,
    check: isMixed,
  }),
  tokenRule({
    id: 'elevenlabs-api-key',
    description: 'ElevenLabs keys (sk_ and 48 hex digits)',
    prefixes: ['sk_'],
    body: lowerHex,
    min: 40,
    atWordStart: true,
    check: isMixed,
  }),
  tokenRule({
    id: 'braintrust-api-key',
    description: 'Braintrust and Helicone keys (sk-bt-, sk-helicone-)',
    prefixes: ['sk-bt-', 'sk-helicone-'],
    body: base64Url,
    min: 20,
  }),
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
