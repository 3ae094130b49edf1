import type { Price, PriceTable } from './prices.ts'

/** What a provider charges, in US dollars for a million tokens. */
type Rates = Pick<Price, 'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h'>

const opus: Rates = { input: '15', output: '75', cacheRead: '1.5', cacheWrite5m: '18.75', cacheWrite1h: '30' }
const sonnet: Rates = { input: '3', output: '15', cacheRead: '0.3', cacheWrite5m: '3.75', cacheWrite1h: '6' }
const haiku3: Rates = {
  input: '0.25',
  output: '1.25',
  cacheRead: '0.03',
  cacheWrite5m: '0.3',
  cacheWrite1h: '0.5',
}
const haiku35: Rates = {
  input: '0.8',
  output: '4',
  cacheRead: '0.08',
  cacheWrite5m: '1',
  cacheWrite1h: '1.6',
}
const haiku45: Rates = { input: '1', output: '5', cacheRead: '0.1', cacheWrite5m: '1.25', cacheWrite1h: '2' }
const opus45: Rates = { input: '5', output: '25', cacheRead: '0.5', cacheWrite5m: '6.25', cacheWrite1h: '10' }
const gpt5: Rates = { input: '1.25', output: '10', cacheRead: '0.125' }
const gpt5Mini: Rates = { input: '0.25', output: '2', cacheRead: '0.025' }
const gpt5Nano: Rates = { input: '0.05', output: '0.4', cacheRead: '0.005' }
const gpt4o: Rates = { input: '2.5', output: '10', cacheRead: '1.25' }
const firstGpt4o: Rates = { input: '5', output: '15' }
const gpt4oMini: Rates = { input: '0.15', output: '0.6', cacheRead: '0.075' }
const free: Rates = { input: '0', output: '0', cacheRead: '0', cacheWrite5m: '0', cacheWrite1h: '0' }

const claudePricing = 'https://platform.claude.com/docs/en/about-claude/pricing'
const openaiPricing = 'https://developers.openai.com/api/docs/pricing'
const openaiCaching = 'https://openai.com/index/api-prompt-caching/'
/** nano-agent's own table has half the input price for cached tokens of GPT-5; the list price is a tenth. */
const gpt5Source = `${openaiPricing}; input and output as in disler/nano-agent at 7518889, cached input a tenth of input`
const claudeSource = `${claudePricing}; input, output and cache reads as in disler/nano-agent at 7518889`
const ollamaSource =
  "runs on the owner's machine: nothing is paid by token; as in disler/nano-agent at 7518889"

/**
 * The list prices that we know of, for the standard service tier, by the day on which a model came out. A new table
 * gets a new version, since records keep the version that their cost was computed with.
 */
export const builtInPrices: PriceTable = {
  version: '2025-11-24',
  prices: [
    anthropic('claude-3-haiku-20240307', '2024-03-13', haiku3, claudeSource),
    anthropic('claude-3-5-sonnet-*', '2024-06-20', sonnet),
    // It came out dearer in November 2024; the day on which that ended is not known for sure.
    anthropic('claude-3-5-haiku-*', '2025-01-01', haiku35),
    anthropic('claude-3-7-sonnet-*', '2025-02-24', sonnet),
    anthropic('claude-opus-4-20250514', '2025-05-22', opus, claudeSource),
    anthropic('claude-sonnet-4-20250514', '2025-05-22', sonnet, claudeSource),
    anthropic('claude-opus-4-1-20250805', '2025-08-05', opus, claudeSource),
    anthropic('claude-sonnet-4-5*', '2025-09-29', sonnet),
    anthropic('claude-haiku-4-5*', '2025-10-15', haiku45),
    anthropic('claude-opus-4-5*', '2025-11-24', opus45),

    // The plain name meant the first, dearer one until the day given here.
    { ...openai('gpt-4o', '2024-05-13', firstGpt4o, openaiPricing), effectiveTo: '2024-10-02' },
    openai('gpt-4o', '2024-10-02', gpt4o, openaiCaching),
    openai('gpt-4o-2024-05-13', '2024-05-13', firstGpt4o, openaiPricing),
    openai('gpt-4o-2024-08-06', '2024-08-06', gpt4o, openaiCaching),
    openai('gpt-4o-2024-11-20', '2024-11-20', gpt4o, openaiPricing),
    openai('gpt-4o-mini', '2024-07-18', gpt4oMini, openaiCaching),
    openai('gpt-4o-mini-2024-07-18', '2024-07-18', gpt4oMini, openaiCaching),
    openai('gpt-5', '2025-08-07', gpt5, gpt5Source),
    openai('gpt-5-2025-08-07', '2025-08-07', gpt5, gpt5Source),
    openai('gpt-5-mini', '2025-08-07', gpt5Mini, gpt5Source),
    openai('gpt-5-mini-2025-08-07', '2025-08-07', gpt5Mini, gpt5Source),
    openai('gpt-5-nano', '2025-08-07', gpt5Nano, gpt5Source),
    openai('gpt-5-nano-2025-08-07', '2025-08-07', gpt5Nano, gpt5Source),

    { provider: 'ollama', model: '*', effectiveFrom: '2023-07-01', ...free, source: ollamaSource },
  ],
}

function anthropic(model: string, effectiveFrom: string, rates: Rates, source = claudePricing): Price {
  return { provider: 'anthropic', model, effectiveFrom, ...rates, source }
}

function openai(model: string, effectiveFrom: string, rates: Rates, source: string): Price {
  return { provider: 'openai', model, effectiveFrom, ...rates, source }
}
