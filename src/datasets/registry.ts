import type { Dataset } from './dataset.ts'
import { evaluationResults } from './evaluation-results.ts'

export const datasets: readonly Dataset[] = [evaluationResults]

/** @throws Error for a name that is none: callers check names first, so that it would be a bug */
export function datasetById(id: string): Dataset {
  const dataset = datasets.find((each) => each.id === id)
  if (!dataset) throw new Error(`unknown dataset ${id}; known: ${datasets.map((each) => each.id).join(', ')}`)
  return dataset
}
