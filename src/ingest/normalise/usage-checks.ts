import type { TokenUsage } from './usage.ts'

const maxBigint = 2n ** 63n - 1n

const counts = {
  inputTokens: 'input_tokens',
  outputTokens: 'output_tokens',
  totalTokens: 'total_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  cacheWrite1hTokens: 'cache_write_1h_tokens',
  reasoningTokens: 'reasoning_tokens',
  requestCount: 'request_count',
  durationNs: 'duration_ns',
} as const satisfies Partial<Record<keyof TokenUsage, string>>

/** Figures that cannot be, by field and figure: below zero, no whole number, or more than the database holds. */
export function usageProblems(usage: TokenUsage): string[] {
  const problems: string[] = []
  for (const [field, name] of Object.entries(counts) as [keyof typeof counts, string][]) {
    const count = usage[field]
    if (count === undefined) continue
    if (typeof count === 'number' && !Number.isInteger(count))
      problems.push(`${name} is ${count}, no whole number`)
    else if (count < 0) problems.push(`${name} is ${count}, less than 0`)
    else if (count > maxBigint) problems.push(`${name} is ${count}, more than ${maxBigint}`)
  }
  if (usage.costReportedUsd?.startsWith('-')) {
    problems.push(`cost_reported_usd is ${usage.costReportedUsd}, less than 0`)
  }
  return problems
}

/** Figures that do not fit together, by field and figure; whoever is right, they stay as reported. */
export function usageWarnings(usage: TokenUsage): string[] {
  const { inputTokens: input, outputTokens: output, totalTokens: total } = usage
  const { cacheReadTokens: read, cacheWriteTokens: write, cacheWrite1hTokens: hour } = usage
  const { reasoningTokens: reasoning } = usage
  const warnings: string[] = []
  if (total !== undefined && input !== undefined && output !== undefined && total !== input + output) {
    warnings.push(
      `total_tokens is ${total}, input_tokens and output_tokens make ${input + output}; kept as reported`,
    )
  }
  const cached = (read ?? 0n) + (write ?? 0n)
  if (input !== undefined && cached > input) {
    const names =
      write === undefined
        ? `cache_read_tokens is ${read}`
        : read === undefined
          ? `cache_write_tokens is ${write}`
          : `cache_read_tokens ${read} and cache_write_tokens ${write} make ${cached}`
    warnings.push(`${names}, more than input_tokens, ${input}; kept as reported`)
  }
  if (hour !== undefined && write !== undefined && hour > write) {
    warnings.push(
      `cache_write_1h_tokens is ${hour}, more than cache_write_tokens, ${write}; kept as reported`,
    )
  }
  if (reasoning !== undefined && output !== undefined && reasoning > output) {
    warnings.push(`reasoning_tokens is ${reasoning}, more than output_tokens, ${output}; kept as reported`)
  }
  return warnings
}
