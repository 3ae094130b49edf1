/**
 * How many tokens an answer took, in OpenTelemetry's meanings: input includes cache reads and writes, output includes
 * reasoning. Unknown is absent, never 0.
 */
export interface TokenCounts {
  readonly inputTokens?: bigint
  readonly outputTokens?: bigint
  readonly totalTokens?: bigint
  readonly cacheReadTokens?: bigint
  readonly cacheWriteTokens?: bigint
  /** Those of `cacheWriteTokens` that were written for an hour. */
  readonly cacheWrite1hTokens?: bigint
  readonly reasoningTokens?: bigint
}
