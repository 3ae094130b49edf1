import { expect, it } from 'vitest'
import { filterOf, type FilterFlags } from '../../src/commands/export-filter.ts'
import type { Problem } from '../../src/core/errors.ts'
import { datasetById } from '../../src/datasets/registry.ts'

function filter(id: string, flags: FilterFlags) {
  const problems: Problem[] = []
  const fields = datasetById(id).fields.map(({ name, filterable }) => ({
    name,
    isFilterable: filterable === true,
  }))
  return { where: filterOf({ name: id, fields }, flags, problems), problems }
}

it('makes a filter of every flag that the dataset has a field for', () => {
  const flags = {
    since: '2026-01-01T00:00:00Z',
    until: '2026-02-01T00:00:00Z',
    model: ['a', 'b'],
    session: ['s'],
    success: false,
  }
  expect(filter('evaluation_results', { ...flags, test: ['t'], run: ['r'] })).toEqual({
    where: {
      occurredAt: { gte: '2026-01-01T00:00:00Z', lt: '2026-02-01T00:00:00Z' },
      model: { in: ['a', 'b'] },
      testId: { in: ['t'] },
      run: { in: ['r'] },
      sessionId: { in: ['s'] },
      success: { eq: false },
    },
    problems: [],
  })
  expect(filter('tool_calls', { tool: ['ls'] }).where).toEqual({ toolName: { in: ['ls'] } })
  expect(filter('agent_interactions', { ...flags, kind: ['stop'] }).where).toMatchObject({
    kind: { in: ['stop'] },
  })
  expect(filter('performance_metrics', { metric: ['m'] }).where).toEqual({ metric: { in: ['m'] } })
})

it('names every flag that the dataset cannot be filtered by, and those that it can', () => {
  expect(filter('tool_calls', { model: ['a'], tool: ['ls'], run: ['r'] }).problems).toEqual([
    {
      message: '--model cannot be used with tool_calls, which cannot be filtered by model.',
      path: ['--model'],
      suggestion: 'It can be filtered with --since, --until, --session, --tool, --success.',
    },
    {
      message: '--run cannot be used with tool_calls, which cannot be filtered by run.',
      path: ['--run'],
      suggestion: 'It can be filtered with --since, --until, --session, --tool, --success.',
    },
  ])
})
