/** What a model's name means: who serves it, where that is known, and the name its provider gives it. */
export interface ModelIdentity {
  readonly provider?: string
  readonly model: string
}

/** Short names that reports use, and the provider's own name for the same model. */
const aliases: Readonly<Record<string, Required<ModelIdentity>>> = {
  'claude-opus-4-1': { provider: 'anthropic', model: 'claude-opus-4-1-20250805' },
  'claude-opus-4': { provider: 'anthropic', model: 'claude-opus-4-20250514' },
  'claude-opus-4-0': { provider: 'anthropic', model: 'claude-opus-4-20250514' },
  'claude-sonnet-4': { provider: 'anthropic', model: 'claude-sonnet-4-20250514' },
  'claude-sonnet-4-0': { provider: 'anthropic', model: 'claude-sonnet-4-20250514' },
  'claude-3-haiku': { provider: 'anthropic', model: 'claude-3-haiku-20240307' },
  'gpt-oss-20b': { provider: 'ollama', model: 'gpt-oss:20b' },
  'gpt-oss-120b': { provider: 'ollama', model: 'gpt-oss:120b' },
}

/**
 * Who serves the models whose names begin so; the first that fits counts. Open weights (llama, qwen, mistral) are not
 * here: many providers serve them; gpt-oss is, since those who evaluate it run it in Ollama.
 */
const families: readonly (readonly [prefix: string, provider: string])[] = [
  ['gpt-oss', 'ollama'],
  ['gpt-', 'openai'],
  ['chatgpt-', 'openai'],
  ['o1', 'openai'],
  ['o3', 'openai'],
  ['o4', 'openai'],
  ['claude-', 'anthropic'],
  ['gemini-', 'gcp.gemini'],
  ['grok-', 'x_ai'],
  ['sonar', 'perplexity'],
]

/** Other names of providers; ours are those of OpenTelemetry's `gen_ai.provider.name`, and `ollama`. */
const providerAliases: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  google: 'gcp.gemini',
  grok: 'x_ai',
  mistral: 'mistral_ai',
  vertex: 'gcp.vertex_ai',
  vertex_ai: 'gcp.vertex_ai',
  xai: 'x_ai',
}

/**
 * One name for one model, however it was written. A name that is not known stays as it is, without a provider. The
 * provider that the source names is believed before the map, and keeps another provider's alias from being applied.
 */
export function normaliseModel(written: string, reportedProvider?: string): ModelIdentity {
  const model = written.trim()
  const lower = model.toLowerCase()
  const reported = reportedProvider === undefined ? undefined : normaliseProvider(reportedProvider)
  const alias = Object.hasOwn(aliases, lower) ? aliases[lower] : undefined
  if (alias && (reported === undefined || reported === alias.provider)) return alias
  const family = families.find(([prefix]) => begins(lower, prefix))?.[1]
  const provider = reported ?? family
  return { ...(provider === undefined ? {} : { provider }), model: family === undefined ? model : lower }
}

/** One name for one provider; a name that is not known stays as it is. */
export function normaliseProvider(written: string): string {
  const provider = written.trim()
  const lower = provider.toLowerCase()
  if (Object.hasOwn(providerAliases, lower)) return providerAliases[lower]!
  return families.some(([, known]) => known === lower) ? lower : provider
}

/** A prefix that ends in a letter or digit is a whole word: `o1-mini` begins with `o1`, `o100` does not. */
function begins(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false
  return !/[a-z0-9]$/.test(prefix) || !/^[a-z0-9]/.test(name.slice(prefix.length))
}
