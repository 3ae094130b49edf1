import { computeCost } from '../derive/cost.ts'
import type { PriceTable } from '../normalise/prices.ts'
import { canonicalText } from './cells.ts'
import { completeByTest, promptKey, type KnownTests } from './tests.ts'
import { madeRank, type Version } from './version.ts'

/** What fields are made with. */
export interface Making {
  readonly prices: PriceTable
  readonly tests: KnownTests
}

/** By what a result's test may be found; made first, since tests are looked up by it. */
export function makePromptKey(version: Version): void {
  if (version.table.kind !== 'evaluation_result') return
  const prompt = version.cells[version.table.at('prompt')]
  if (prompt) make(version, 'promptKey', promptKey(prompt))
}

/** Makes what no source said and what follows from what they said. */
export function makeFields(version: Version, making: Making): void {
  switch (version.table.kind) {
    case 'evaluation_result':
      completeByTest(version, making.tests)
      makeCost(version, making.prices)
      break
    case 'agent_interaction':
      makeTotal(version)
      makeCost(version, making.prices)
      break
    case 'tool_call':
      makeDuration(version)
      makeSize(version, 'arguments', 'argumentsBytes')
      makeSize(version, 'result', 'resultBytes')
      break
    case 'performance_metric':
      break
  }
}

function makeCost(version: Version, prices: PriceTable): void {
  const cell = (name: string) => version.cells[version.table.at(name)] ?? undefined
  if (cell('costComputedUsd') !== undefined) return
  const count = (name: string) => {
    const text = cell(name)
    return text === undefined ? {} : { [name]: BigInt(text) }
  }
  const model = cell('model')
  if (model === undefined) return
  const provider = cell('provider')
  const responseModel = cell('responseModel')
  const cost = computeCost(
    prices,
    {
      model,
      ...(provider !== undefined && { provider }),
      ...(responseModel !== undefined && { responseModel }),
      occurredAt: cell('occurredAt')!,
    },
    {
      ...count('inputTokens'),
      ...count('outputTokens'),
      ...count('cacheReadTokens'),
      ...count('cacheWriteTokens'),
      ...count('cacheWrite1hTokens'),
    },
  )
  if (!cost) return
  make(version, 'costComputedUsd', cost.costComputedUsd)
  make(version, 'priceVersion', cost.priceVersion)
}

/** Providers that tell both parts do not all tell the sum. */
function makeTotal(version: Version): void {
  const [input, output] = ['inputTokens', 'outputTokens'].map((name) => version.cells[version.table.at(name)])
  if (input && output) make(version, 'totalTokens', String(BigInt(input) + BigInt(output)))
}

function makeDuration(version: Version): void {
  const [started, ended] = ['startedAt', 'endedAt'].map((name) => version.cells[version.table.at(name)])
  if (!started || !ended) return
  const duration = nanoseconds(ended) - nanoseconds(started)
  if (duration >= 0n) make(version, 'durationNs', String(duration))
}

/** Of an instant with six decimals, since 1970. */
function nanoseconds(instant: string): bigint {
  const [whole, micros] = instant.slice(0, -1).split('.')
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(micros!) * 1000n
}

function makeSize(version: Version, json: string, size: string): void {
  const cell = version.cells[version.table.at(json)]
  // Of its one canonical text: the database prints JSON otherwise than it was told.
  if (cell) make(version, size, String(Buffer.byteLength(canonicalText(cell))))
}

function make(version: Version, name: string, cell: string): void {
  const index = version.table.at(name)
  if (version.cells[index] !== null) return
  version.cells[index] = cell
  version.ranks[index] = madeRank
}
