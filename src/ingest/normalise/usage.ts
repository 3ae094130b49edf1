import { isJsonObject } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import type { Measure } from '../records/agent-interaction.ts'
import type { TokenCounts } from '../records/token-counts.ts'
import { usageProblems, usageWarnings } from './usage-checks.ts'
import { described, UsageMembers } from './usage-members.ts'
import { usageShapeOf, usageShapes } from './usage-shapes.ts'
import type { UsageShape } from './usage-shapes.ts'

export { usageProblems, usageWarnings } from './usage-checks.ts'
export type { UsageShape } from './usage-shapes.ts'

/** What answering took. Unknown is absent, never 0. */
export interface TokenUsage extends TokenCounts {
  readonly requestCount?: number
  readonly durationNs?: bigint
  /** Exact decimal in US dollars. */
  readonly costReportedUsd?: string
  readonly measures?: Readonly<Record<string, Measure>>
}

export interface ReadUsage {
  readonly usage: TokenUsage
  /** Figures that cannot be: a record with these is not to be believed. */
  readonly problems: readonly string[]
  /** Figures that do not fit together; kept as reported. */
  readonly warnings: readonly string[]
}

/**
 * A provider's usage payload, or its whole answer.
 *
 * @param payload null where nothing was told
 * @param shape found by the payload's members when absent
 */
export function readUsage(payload: ExactJson, shape?: UsageShape): ReadUsage {
  if (payload === null) return { usage: {}, problems: [], warnings: [] }
  if (!isJsonObject(payload)) {
    return { usage: {}, problems: [`expected an object, found ${described(payload)}`], warnings: [] }
  }
  if (shape === undefined && Object.hasOwn(payload, 'usage')) return readUsage(payload['usage']!)
  const found = shape ?? usageShapeOf(payload)
  if (found === undefined) return { usage: {}, problems: [], warnings: unknownShape(payload) }
  const members = new UsageMembers(payload)
  const usage = usageShapes[found](members)
  return { usage, problems: [...members.problems, ...usageProblems(usage)], warnings: usageWarnings(usage) }
}

/** An object that says nothing needs no warning; one that says what we do not understand does. */
function unknownShape(payload: JsonObject): string[] {
  const told = Object.keys(payload).filter((name) => payload[name] !== null)
  if (told.length === 0) return []
  return [`no known names of token counts among ${told.slice(0, 5).map(described).join(', ')}`]
}
