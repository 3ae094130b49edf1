import { agentInteractions } from '../../datasets/agent-interactions.ts'
import type { Dataset } from '../../datasets/dataset.ts'
import { evaluationResults } from '../../datasets/evaluation-results.ts'
import { performanceMetrics } from '../../datasets/performance-metrics.ts'
import { toolCalls } from '../../datasets/tool-calls.ts'
import type { RecordKind } from '../reader.ts'

/** A dataset whose records can be told in our own columns. */
export interface OwnTable {
  readonly kind: RecordKind
  readonly dataset: Dataset
  /** What a record must have: one field of each group at least. */
  readonly required: readonly (readonly string[])[]
  /** By which a record is seen to be of this dataset and no other: all fields of one group at least. */
  readonly identifying: readonly (readonly string[])[]
  /** The fields that a provider's usage payload may fill, as tellings call them. */
  readonly usage: ReadonlySet<string>
}

/** A member beside the fields: a provider's usage payload as it came. */
export const usageMember = 'usage'

const tokens = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'cacheWrite1hTokens',
  'reasoningTokens',
  'durationNs',
  'costReportedUsd',
]
const aboutTests = [
  'run',
  'framework',
  'suite',
  'test_id',
  'test_title',
  'sample_id',
  'score',
  'grade_overall',
]

export const ownTables: readonly OwnTable[] = [
  {
    kind: 'evaluation_result',
    dataset: evaluationResults,
    required: [['model']],
    identifying: aboutTests.map((name) => ['model', name]),
    usage: new Set([...tokens, 'requestCount']),
  },
  {
    kind: 'performance_metric',
    dataset: performanceMetrics,
    required: [['metric'], ['value']],
    identifying: [['metric', 'value']],
    usage: new Set(),
  },
  {
    kind: 'agent_interaction',
    dataset: agentInteractions,
    required: [['kind']],
    identifying: [['kind'], ['sequence', 'session_id'], ['response_id']],
    usage: new Set([...tokens, 'measures']),
  },
  {
    kind: 'tool_call',
    dataset: toolCalls,
    required: [['tool_name', 'call_id']],
    identifying: [['tool_name'], ['call_id']],
    usage: new Set(),
  },
]

/** What a record of the table may name. */
export function memberNames(table: OwnTable): readonly string[] {
  const fields = table.dataset.fields.map((field) => field.name)
  return table.usage.size > 0 ? [...fields, usageMember] : fields
}

/** The table whose record has these members and no others; undefined where it could be another's, or no one's. */
export function tableOf(names: ReadonlySet<string>): OwnTable | undefined {
  const found = nearestTable(names)
  return found && countKnown(found, names) === names.size && isIdentified(found, names) ? found : undefined
}

/** The table that knows most of these members, and of those that know as many one that they identify. */
export function nearestTable(names: ReadonlySet<string>): OwnTable | undefined {
  let best: OwnTable | undefined
  let bestScore = 0
  for (const table of ownTables) {
    const score = countKnown(table, names) + (isIdentified(table, names) ? 0.5 : 0)
    if (score > bestScore) [best, bestScore] = [table, score]
  }
  return best
}

function countKnown(table: OwnTable, names: ReadonlySet<string>): number {
  return memberNames(table).filter((name) => names.has(name)).length
}

function isIdentified(table: OwnTable, names: ReadonlySet<string>): boolean {
  return table.identifying.some((group) => group.every((name) => names.has(name)))
}
