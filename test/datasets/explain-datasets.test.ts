import { type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Condition } from '../../src/core/filter.ts'
import type { PageSelection } from '../../src/datasets/dataset.ts'
import { datasetById } from '../../src/datasets/registry.ts'
import { useTestDatabase } from '../support/database.ts'
import { planNodes } from '../support/explain.ts'

const database = useTestDatabase()
const dialect = new PgDialect()
const text = (query: SQL) => dialect.sqlToQuery(query.inlineParams()).sql

/** Values that a column of a dataset has in generated rows, `i` being the row's number: 1 in 5000 has the rare one. */
const common = (name: string, count: number) =>
  `case when i % 5000 = 7 then 'rare' else '${name}-' || i % ${count} end`
const models = { provider: common('provider', 3), model: common('model', 9) }
const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  performance_metrics: {
    ...models,
    metric: common('metric', 6),
    value: 'i',
    session_id: "'session-' || i % 9000",
    test_id: common('test', 12),
    attributes: `jsonb_build_object('n', i)`,
  },
  agent_interactions: {
    ...models,
    kind: common('kind', 6),
    session_id: "'session-' || i % 9000",
    response: "repeat('An answer. ', 1 + i % 30)",
  },
  tool_calls: {
    tool_name: common('tool', 12),
    session_id: "'session-' || i % 9000",
    result: `jsonb_build_object('text', repeat('A result. ', 1 + i % 30))`,
  },
}

let snapshot: string
beforeAll(async () => {
  const client = database.client()
  await client`insert into projects (name) values ('default'), ('other')`
  for (const [table, values] of Object.entries(columns)) {
    const fixed = 'project_id, occurred_at, occurred_at_source, source_rank, ingest_key'
    await client.unsafe(`
      insert into ${table} (${fixed}, ${Object.keys(values).join(', ')})
      select 1 + (i % 10 = 0)::int, timestamptz '2026-01-01T00:00:00Z' + i * interval '1.234567 seconds', 'event', 1,
        sha256(i::text::bytea), ${Object.values(values).join(', ')}
      from generate_series(1, 40000) i`)
    await client.unsafe(`vacuum analyze ${table}`)
  }
  const [now] = await client`select pg_current_snapshot()::text as now`
  snapshot = now!['now'] as string
})

const nodesOf = (query: SQL) => planNodes(database.client(), 1, text(query))

/** Filters for which there is an index; every dataset is asked by those of its fields. */
const filters: readonly (readonly Condition[])[] = [
  [],
  [{ field: 'session_id', operator: 'eq', value: 'session-42' }],
  ...['provider', 'model', 'test_id', 'metric', 'tool_name'].flatMap((field): Condition[][] => [
    [{ field, operator: 'eq', value: `${field.replace(/_.*/, '')}-1` }],
    [{ field, operator: 'eq', value: 'nothing' }],
  ]),
  [
    { field: 'occurred_at', operator: 'gte', value: '2026-01-01T05:00:00Z' },
    { field: 'occurred_at', operator: 'lt', value: '2026-01-01T06:00:00Z' },
  ],
]

describe.each(Object.entries(columns))('%s', (id, values) => {
  const dataset = datasetById(id)
  const asked = filters.filter((filter) =>
    filter.every(({ field }) => field === 'occurred_at' || field in values),
  )
  const page = (more: Partial<PageSelection>): PageSelection => ({
    projectId: 1,
    filter: [],
    fields: dataset.fields.filter((field) => field.inDefault).map((field) => field.name),
    direction: 'ASC',
    rows: 500,
    bytes: 1024 * 1024,
    snapshot,
    ...more,
  })
  const after = ['2026-01-01T08:00:00.000000Z', '23000'] as const

  it('finds pages without sorting and without reading the whole table', async () => {
    expect(asked.length).toBeGreaterThan(4)
    for (const filter of asked) {
      for (const direction of ['ASC', 'DESC'] as const) {
        for (const place of [{}, { after }]) {
          const nodes = await nodesOf(dataset.page(page({ filter, direction, ...place })))
          expect(
            nodes.filter((node) => /Sort|Seq Scan|Bitmap/.test(node)),
            `${JSON.stringify(filter)}: ${nodes.join(' > ')}`,
          ).toEqual([])
        }
      }
    }
  })

  it('finds pages that are bounded by bytes without reading the whole table', async () => {
    const large = dataset.fields.filter((field) => field.unbounded).map((field) => field.name)
    for (const filter of asked) {
      const nodes = await nodesOf(dataset.page(page({ filter, after, fields: ['id', ...large] })))
      expect(
        nodes.filter((node) => /Seq Scan|Bitmap/.test(node)),
        `${JSON.stringify(filter)}: ${nodes.join(' > ')}`,
      ).toEqual([])
    }
  })
})
