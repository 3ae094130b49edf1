import { agentInteractions } from './agent-interactions.ts'
import type { Dataset } from './dataset.ts'
import { evaluationResults } from './evaluation-results.ts'
import { performanceMetrics } from './performance-metrics.ts'
import { toolCalls } from './tool-calls.ts'

export const datasets: readonly Dataset[] = [
  evaluationResults,
  performanceMetrics,
  agentInteractions,
  toolCalls,
]

/** @throws Error for a name that is none: callers check names first, so that it would be a bug */
export function datasetById(id: string): Dataset {
  const dataset = datasets.find((each) => each.id === id)
  if (!dataset) throw new Error(`unknown dataset ${id}; known: ${datasets.map((each) => each.id).join(', ')}`)
  return dataset
}
