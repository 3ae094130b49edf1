import { agentInteractions } from './agent-interactions.ts'
import { evaluationResults } from './evaluation-results.ts'
import { performanceMetrics } from './performance-metrics.ts'
import type { SeedTable } from './table.ts'
import { toolCalls } from './tool-calls.ts'

/** Every dataset that can be seeded. */
export const seedTables: readonly SeedTable[] = [
  evaluationResults,
  performanceMetrics,
  agentInteractions,
  toolCalls,
]
