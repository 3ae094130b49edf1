import type { JsonObject } from '../json/exact-json.ts'
import type { Measure } from '../records/agent-interaction.ts'
import { knownFields } from './known.ts'
import type { UsageMembers } from './usage-members.ts'
import type { TokenUsage } from './usage.ts'

/** Who counted, and so which words and inclusions a payload has. */
export type UsageShape =
  | 'openai_chat'
  | 'openai_responses'
  | 'agents_sdk'
  | 'anthropic'
  | 'ollama'
  | 'inspect'
  | 'promptfoo'
  | 'nano_agent'

/** Chat Completions: cached tokens are part of the prompt, reasoning is part of the completion. */
function openaiChat(read: UsageMembers): TokenUsage {
  return knownFields<TokenUsage>({
    inputTokens: read.tokens('prompt_tokens'),
    outputTokens: read.tokens('completion_tokens'),
    totalTokens: read.tokens('total_tokens'),
    cacheReadTokens: read.tokens('prompt_tokens_details', 'cached_tokens'),
    cacheWriteTokens: read.tokens('prompt_tokens_details', 'cache_write_tokens'),
    reasoningTokens: read.tokens('completion_tokens_details', 'reasoning_tokens'),
  })
}

function openaiResponses(read: UsageMembers): TokenUsage {
  return knownFields<TokenUsage>({
    inputTokens: read.tokens('input_tokens'),
    outputTokens: read.tokens('output_tokens'),
    totalTokens: read.tokens('total_tokens'),
    cacheReadTokens: read.tokens('input_tokens_details', 'cached_tokens'),
    cacheWriteTokens: read.tokens('input_tokens_details', 'cache_write_tokens'),
    reasoningTokens: read.tokens('output_tokens_details', 'reasoning_tokens'),
  })
}

/** As Responses, summed over the requests of a run. */
function agentsSdk(read: UsageMembers): TokenUsage {
  return knownFields<TokenUsage>({ ...openaiResponses(read), requestCount: read.requests('requests') })
}

/** `input_tokens` leaves out what was read from and written to the cache; thinking is part of `output_tokens`. */
function anthropic(read: UsageMembers): TokenUsage {
  const hourWrites = read.tokens('cache_creation', 'ephemeral_1h_input_tokens')
  const minuteWrites = read.tokens('cache_creation', 'ephemeral_5m_input_tokens')
  return knownFields<TokenUsage>({
    ...withCache(
      read.tokens('input_tokens'),
      read.tokens('cache_read_input_tokens'),
      read.tokens('cache_creation_input_tokens') ?? sum(minuteWrites, hourWrites),
    ),
    cacheWrite1hTokens: hourWrites,
    outputTokens: read.tokens('output_tokens'),
    reasoningTokens: read.tokens('output_tokens_details', 'thinking_tokens'),
  })
}

/** An answer of `/api/chat` or `/api/generate`: its figures stand beside the text, its durations are nanoseconds. */
function ollama(read: UsageMembers): TokenUsage {
  const phases = ['load_duration', 'prompt_eval_duration', 'eval_duration']
  const measures: Record<string, Measure> = {}
  for (const phase of phases) {
    const duration = read.nanoseconds(phase)
    if (duration !== undefined) measures[`ollama.${phase}`] = { value: Number(duration) / 1e9, unit: 's' }
  }
  return knownFields<TokenUsage>({
    // Older versions leave it out when the prompt was cached: absent, not 0.
    inputTokens: read.tokens('prompt_eval_count'),
    outputTokens: read.tokens('eval_count'),
    cacheReadTokens: read.tokens('prompt_eval_cached_count'),
    durationNs: read.nanoseconds('total_duration'),
    measures: Object.keys(measures).length > 0 ? measures : undefined,
  })
}

/** `ModelUsage`: as Anthropic counts, whatever the provider; `total_tokens` is everything. */
function inspect(read: UsageMembers): TokenUsage {
  return knownFields<TokenUsage>({
    ...withCache(
      read.tokens('input_tokens'),
      read.tokens('input_tokens_cache_read'),
      read.tokens('input_tokens_cache_write'),
    ),
    outputTokens: read.tokens('output_tokens'),
    totalTokens: read.tokens('total_tokens'),
    reasoningTokens: read.tokens('reasoning_tokens'),
    costReportedUsd: read.dollars('total_cost'),
  })
}

/**
 * `cached` counts tokens of answers that promptfoo kept and gave again: no provider was asked, so they are no cache
 * reads, and a total that holds them is not the sum of input and output.
 */
function promptfoo(read: UsageMembers): TokenUsage {
  const replayed = read.tokens('cached') ?? 0n
  const total = read.tokens('total')
  return knownFields<TokenUsage>({
    inputTokens: read.tokens('prompt'),
    outputTokens: read.tokens('completion'),
    totalTokens: replayed > 0n ? undefined : total,
    reasoningTokens: read.tokens('completionDetails', 'reasoning'),
    requestCount: read.requests('numRequests'),
  })
}

/** `metadata.token_usage`, in OpenAI's meaning. */
function nanoAgent(read: UsageMembers): TokenUsage {
  return knownFields<TokenUsage>({
    inputTokens: read.tokens('input_tokens'),
    outputTokens: read.tokens('output_tokens'),
    totalTokens: read.tokens('total_tokens'),
    cacheReadTokens: read.tokens('cached_tokens'),
    costReportedUsd: read.dollars('total_cost'),
  })
}

export const usageShapes: Readonly<Record<UsageShape, (read: UsageMembers) => TokenUsage>> = {
  openai_chat: openaiChat,
  openai_responses: openaiResponses,
  agents_sdk: agentsSdk,
  anthropic,
  ollama,
  inspect,
  promptfoo,
  nano_agent: nanoAgent,
}

/**
 * Members that only one shape has; the first shape with one that is not null counts. Without a member about the cache
 * the shapes with `input_tokens` mean the same, so that the last of them stands for all.
 */
const marks: readonly (readonly [UsageShape, readonly string[]])[] = [
  ['ollama', ['prompt_eval_count', 'eval_count', 'total_duration', 'load_duration', 'eval_duration']],
  ['openai_chat', ['prompt_tokens', 'completion_tokens']],
  ['anthropic', ['cache_creation_input_tokens', 'cache_read_input_tokens', 'cache_creation']],
  ['inspect', ['input_tokens_cache_read', 'input_tokens_cache_write', 'reasoning_tokens']],
  ['nano_agent', ['cached_tokens', 'total_cost']],
  ['agents_sdk', ['requests']],
  ['openai_responses', ['input_tokens', 'output_tokens']],
  ['promptfoo', ['prompt', 'completion', 'total', 'numRequests', 'cached']],
]

export function usageShapeOf(payload: JsonObject): UsageShape | undefined {
  const has = (name: string) => Object.hasOwn(payload, name) && payload[name] !== null
  return marks.find(([, names]) => names.some(has))?.[0]
}

/** The whole input, of a source that counts cache reads and writes beside it. */
function withCache(uncached: bigint | undefined, read: bigint | undefined, write: bigint | undefined) {
  return {
    inputTokens: uncached === undefined ? undefined : uncached + (read ?? 0n) + (write ?? 0n),
    cacheReadTokens: read,
    cacheWriteTokens: write,
  }
}

function sum(one: bigint | undefined, other: bigint | undefined): bigint | undefined {
  return one === undefined || other === undefined ? (one ?? other) : one + other
}
