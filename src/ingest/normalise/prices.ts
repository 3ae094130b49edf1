import { normaliseModel, normaliseProvider } from './models.ts'

/** What one model costs, or the models whose names begin alike, from a day on. Dollars are exact decimals. */
export interface Price {
  /** As records name it. */
  readonly provider: string
  /** As records name it; with `*` at its end, all that begin so. */
  readonly model: string
  /** The first day in UTC: `2025-08-07`. */
  readonly effectiveFrom: string
  /** The first day on which it holds no more. */
  readonly effectiveTo?: string
  /** US dollars for a million tokens that were neither read from nor written to a cache. */
  readonly input: string
  readonly output: string
  /** Absent where it is not known: then nothing that read from the cache has a cost. */
  readonly cacheRead?: string
  /** Of what is written to a cache for as long as the provider keeps it unasked: with Anthropic for five minutes. */
  readonly cacheWrite5m?: string
  readonly cacheWrite1h?: string
  /** Where the price was found, in a few words or a URL. */
  readonly source?: string
}

export interface PriceTable {
  /** Records keep it beside the cost that was computed with the table. */
  readonly version: string
  readonly prices: readonly Price[]
}

/**
 * The price of a model at an instant. A name in full is believed before a beginning, a longer beginning before a
 * shorter one; if that one has no price for the day, there is none.
 *
 * @param occurredAt begins with the day in UTC: `2025-08-10T…`
 */
export function priceFor(
  table: PriceTable,
  provider: string,
  model: string,
  occurredAt: string,
): Price | undefined {
  const vendor = normaliseProvider(provider)
  const name = pricedName(vendor, model)
  let best: string | undefined
  for (const { provider: of, model: pattern } of table.prices) {
    if (of === vendor && fits(pattern, name) && (best === undefined || isCloser(pattern, best)))
      best = pattern
  }
  const day = occurredAt.slice(0, 10)
  return table.prices.find(
    ({ provider: of, model: pattern, effectiveFrom, effectiveTo }) =>
      of === vendor &&
      pattern === best &&
      effectiveFrom <= day &&
      (effectiveTo === undefined || day < effectiveTo),
  )
}

/** The name, or the beginning of names, by which a table knows a model: as records name it, in lower case. */
export function pricedName(provider: string, written: string): string {
  if (written.endsWith('*')) return written.trim().toLowerCase()
  return normaliseModel(written, provider).model.toLowerCase()
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function isCloser(pattern: string, other: string): boolean {
  if (pattern.endsWith('*') !== other.endsWith('*')) return other.endsWith('*')
  return pattern.length > other.length
}
