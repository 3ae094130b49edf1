import { billionths, unknown } from './cells.ts'
import type { Draw } from './draw.ts'

/** A model that generated rows are about. Prices are whole billionths of a US dollar for one token. */
export interface SeedModel {
  readonly provider: string
  readonly model: string
  /** As reports write it. */
  readonly alias: string
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

const model = (
  provider: string,
  name: string,
  alias: string,
  [input, output, cacheRead, cacheWrite]: readonly [number, number, number, number],
): SeedModel => ({ provider, model: name, alias, input, output, cacheRead, cacheWrite })

/** The nine that nano-agent evaluates. The prices are the seed's own, so that no new price changes its rows. */
export const models: readonly SeedModel[] = [
  model('openai', 'gpt-5', 'gpt-5', [1250, 10_000, 125, 1250]),
  model('openai', 'gpt-5-mini', 'gpt-5-mini', [250, 2000, 25, 250]),
  model('openai', 'gpt-5-nano', 'gpt-5-nano', [50, 400, 5, 50]),
  model('anthropic', 'claude-opus-4-1-20250805', 'claude-opus-4-1', [15_000, 75_000, 1500, 18_750]),
  model('anthropic', 'claude-opus-4-20250514', 'claude-opus-4', [15_000, 75_000, 1500, 18_750]),
  model('anthropic', 'claude-sonnet-4-20250514', 'claude-sonnet-4', [3000, 15_000, 300, 3750]),
  model('anthropic', 'claude-3-haiku-20240307', 'claude-3-haiku', [250, 1250, 30, 300]),
  model('ollama', 'gpt-oss:20b', 'gpt-oss-20b', [0, 0, 0, 0]),
  model('ollama', 'gpt-oss:120b', 'gpt-oss-120b', [0, 0, 0, 0]),
]

export const priceVersion = 'seed-1'

/** The tokens and costs of one model call or run, as cells that agree with each other. */
export interface Usage {
  readonly input: string
  readonly output: string
  readonly total: string
  readonly cacheRead: string
  readonly cacheWrite: string
  readonly cacheWrite1h: string
  readonly reasoning: string
  readonly reported: string
  readonly computed: string
}

export const unknownUsage: Usage = {
  input: unknown,
  output: unknown,
  total: unknown,
  cacheRead: unknown,
  cacheWrite: unknown,
  cacheWrite1h: unknown,
  reasoning: unknown,
  reported: unknown,
  computed: unknown,
}

/** Input includes what the cache gave and took, output includes reasoning. */
export function usage({ provider, ...price }: SeedModel, draw: Draw): Usage {
  const input = 200 + draw.around(3000)
  const output = 1 + draw.around(600)
  const known = { input: String(input), output: String(output), total: String(input + output) }
  if (provider === 'ollama') return { ...unknownUsage, ...known, reported: '0', computed: '0' }
  const caches = draw.below(10) < 4
  const read = caches ? Math.floor((input * draw.below(90)) / 100) : 0
  const written = caches && provider === 'anthropic' ? Math.floor((input - read) / (1 + draw.below(4))) : 0
  const hour = written > 0 && draw.once(4) ? Math.floor(written / 2) : 0
  const reasoning = provider === 'openai' ? 64 * draw.below(1 + Math.floor(output / 64)) : 0
  const fresh = input - read - written
  // What is written for an hour costs twice the input, for five minutes a quarter more than it.
  const computed =
    fresh * price.input +
    read * price.cacheRead +
    (written - hour) * price.cacheWrite +
    hour * 2 * price.input +
    output * price.output
  // nano-agent charges reasoning beside the output that holds it already.
  const reported = provider === 'openai' ? computed + reasoning * price.output : computed
  return {
    ...known,
    cacheRead: caches ? String(read) : unknown,
    cacheWrite: provider === 'anthropic' && caches ? String(written) : unknown,
    cacheWrite1h: hour > 0 ? String(hour) : unknown,
    reasoning: provider === 'openai' ? String(reasoning) : unknown,
    reported: billionths(reported),
    computed: billionths(computed),
  }
}
