/** The tables of records, which are append-only. */
export const recordTableNames = [
  'evaluation_results',
  'performance_metrics',
  'agent_interactions',
  'tool_calls',
] as const
