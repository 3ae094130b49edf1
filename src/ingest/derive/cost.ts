import { fromPico, pico, scaled } from '../normalise/decimal.ts'
import { priceFor } from '../normalise/prices.ts'
import type { Price, PriceTable } from '../normalise/prices.ts'
import { normaliseModel } from '../normalise/models.ts'
import type { TokenUsage } from '../normalise/usage.ts'

/** Who answered, and when. */
export interface PricedCall {
  readonly provider?: string
  readonly model?: string
  readonly responseModel?: string
  readonly occurredAt: string
}

export interface ComputedCost {
  /** Exact decimal with at most twelve decimals, a half rounded away from zero. */
  readonly costComputedUsd: string
  readonly priceVersion: string
}

/** In `numeric(20,12)`. */
const maxPicodollars = 10n ** 20n

/**
 * Tokens times list price. Undefined where a figure or a price that it takes is not known, or where more was cached
 * than put in: unknown is never 0. Reasoning is part of the output and not charged beside it.
 */
export function computeCost(
  table: PriceTable,
  call: PricedCall,
  usage: Pick<
    TokenUsage,
    'inputTokens' | 'outputTokens' | 'cacheReadTokens' | 'cacheWriteTokens' | 'cacheWrite1hTokens'
  >,
): ComputedCost | undefined {
  const price = priceOf(table, call)
  const { inputTokens: input, outputTokens: output } = usage
  if (price === undefined || input === undefined || output === undefined) return undefined
  const read = usage.cacheReadTokens ?? 0n
  const write = usage.cacheWriteTokens ?? 0n
  const hourWrite = usage.cacheWrite1hTokens ?? 0n
  const charges = [
    charge(input - read - write, price.input),
    charge(read, price.cacheRead),
    charge(write - hourWrite, price.cacheWrite5m),
    charge(hourWrite, price.cacheWrite1h),
    charge(output, price.output),
  ]
  let total = 0n
  for (const part of charges) {
    if (part === undefined) return undefined
    total += part
  }
  const picodollars = (total + 500_000n) / 1_000_000n
  if (picodollars >= maxPicodollars) return undefined
  return { costComputedUsd: fromPico(picodollars), priceVersion: table.version }
}

/** In millionths of a picodollar, which is exact. Nothing costs nothing, whatever the price. */
function charge(tokens: bigint, price: string | undefined): bigint | undefined {
  if (tokens === 0n) return 0n
  return tokens < 0n || price === undefined ? undefined : tokens * scaled(price, pico)
}

/**
 * The price of the model that answered. Where only the model that was asked for has one, it counts if the answer's
 * is a dated version of it; another model's price would be a guess.
 */
function priceOf(table: PriceTable, call: PricedCall): Price | undefined {
  const asked = call.model === undefined ? undefined : normaliseModel(call.model, call.provider)
  const answered =
    call.responseModel === undefined ? asked : normaliseModel(call.responseModel, call.provider)
  if (answered === undefined) return undefined
  const provider = call.provider ?? answered.provider ?? asked?.provider
  if (provider === undefined) return undefined
  const price = priceFor(table, provider, answered.model, call.occurredAt)
  if (price !== undefined || asked === undefined || !isDatedVersion(answered.model, asked.model)) return price
  return priceFor(table, provider, asked.model, call.occurredAt)
}

function isDatedVersion(name: string, undated: string): boolean {
  return name.startsWith(undated) && /^[-@](?:\d{8}|\d{4}-\d\d-\d\d)$/.test(name.slice(undated.length))
}
