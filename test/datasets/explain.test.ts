import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { beforeAll, expect, it } from 'vitest'
import type { Condition } from '../../src/core/filter.ts'
import type { Key } from '../../src/core/record-batch.ts'
import type { PageSelection } from '../../src/datasets/dataset.ts'
import { evaluationResults } from '../../src/datasets/evaluation-results.ts'
import { keyOf } from '../../src/exports/read.ts'
import { copyRows } from '../../src/db/copy-rows.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestDatabase } from '../support/database.ts'
import { planNodes } from '../support/explain.ts'

const database = useTestDatabase()
const rows = 50_000
const dialect = new PgDialect()
const text = (query: SQL) => dialect.sqlToQuery(query.inlineParams()).sql

let snapshot: string
beforeAll(async () => {
  const client = database.client()
  await client`insert into projects (name) values ('default'), ('other')`
  await insertGeneratedRows(client, 1, rows)
  await insertGeneratedRows(client, 2, rows / 10)
  // Values that few records have, and that stand together or far apart.
  await client`update evaluation_results set provider = 'rare', model = 'rare', test_id = 'rare' where id % 5000 = 7`
  await client`vacuum analyze evaluation_results`
  const [now] = await client`select pg_current_snapshot()::text as now`
  snapshot = now!['now'] as string
})

const nodesOf = (query: SQL) => planNodes(database.client(), 1, text(query))

const defaults = evaluationResults.fields.filter((field) => field.inDefault).map((field) => field.name)
const page = (more: Partial<PageSelection>): PageSelection => ({
  projectId: 1,
  filter: [],
  fields: defaults,
  direction: 'ASC',
  rows: 500,
  bytes: 1024 * 1024,
  snapshot,
  ...more,
})

const session = '1679091c-5a88-0faf-6fb5-e6087eb1b2dc'
const filters: Record<string, Condition[]> = {
  'no filter': [],
  'a common provider': [{ field: 'provider', operator: 'eq', value: 'openai' }],
  'a rare provider': [{ field: 'provider', operator: 'eq', value: 'rare' }],
  'a provider that none has': [{ field: 'provider', operator: 'eq', value: 'nobody' }],
  'a common model': [{ field: 'model', operator: 'eq', value: 'gpt-5' }],
  'a rare model': [{ field: 'model', operator: 'eq', value: 'rare' }],
  'a common test': [{ field: 'test_id', operator: 'eq', value: 'lop_eval_3__generated_test' }],
  'a rare test': [{ field: 'test_id', operator: 'eq', value: 'rare' }],
  'either of two models': [{ field: 'model', operator: 'in', value: ['gpt-5', 'gpt-5-mini'] }],
  'either of two rare models': [{ field: 'model', operator: 'in', value: ['rare', 'nobody'] }],
  'a failure, for which there is no index': [{ field: 'success', operator: 'eq', value: false }],
  'an error, for which there is no index': [
    { field: 'error_type', operator: 'eq', value: 'MaxTurnsExceeded' },
  ],
  'a session': [{ field: 'session_id', operator: 'eq', value: session }],
  'a range of time': [
    { field: 'occurred_at', operator: 'gte', value: '2026-01-01T05:00:00Z' },
    { field: 'occurred_at', operator: 'lt', value: '2026-01-01T06:00:00Z' },
  ],
}
const after: Key = ['2026-01-01T08:00:00.000000Z', '23000']

for (const [name, filter] of Object.entries(filters)) {
  it(`finds a page by ${name} without sorting and without reading the whole table`, async () => {
    for (const direction of ['ASC', 'DESC'] as const) {
      for (const place of [{}, { after }]) {
        for (const instant of [{ snapshot }, {}]) {
          const { snapshot: _, ...selection } = page({ filter, direction, ...place })
          const nodes = await nodesOf(evaluationResults.page({ ...selection, ...instant }))
          expect(
            nodes.filter((node) => /Sort|Seq Scan|Bitmap/.test(node)),
            nodes.join(' > '),
          ).toEqual([])
        }
      }
    }
  })
}

it('finds a page that is bounded by bytes without reading the whole table, and sorts that page alone', async () => {
  for (const filter of Object.values(filters)) {
    const bounded = evaluationResults.page(page({ filter, after, fields: ['id', 'response', 'scores'] }))
    const nodes = await nodesOf(bounded)
    expect(
      nodes.filter((node) => /Seq Scan|Bitmap/.test(node)),
      nodes.join(' > '),
    ).toEqual([])
    const limit = nodes.indexOf('Limit')
    expect(
      nodes.slice(limit).filter((node) => /Sort/.test(node)),
      nodes.join(' > '),
    ).toEqual([])
  }
})

it('ends a page bounded by bytes with the first row past the limit, and gives each row once over all pages', async () => {
  const client = database.client()
  await client`update evaluation_results set response = repeat('x', 3000) where project_id = 2 and id % 50 = 0`
  const sizes = new Map(
    (
      await client`select id::text, octet_length(response) + octet_length(prompt) as size from evaluation_results`
    ).map((row) => [row['id'] as string, row['size'] as number]),
  )
  const { snapshot: _, ...selection } = page({
    projectId: 2,
    fields: ['id', 'response', 'prompt'],
    rows: 100,
    bytes: 10_000,
  })
  const seen: string[] = []
  let next: { after?: Key } = {}
  for (;;) {
    const printed = await copyRows(client, text(evaluationResults.page({ ...selection, ...next })))
    if (printed.isEmpty) break
    const ids = printed.rows().map((row) => row[4]!)
    const size = ids.reduce((sum, id) => sum + sizes.get(id)!, 0)
    const last = sizes.get(ids.at(-1)!)!
    // No more than the row that passes the limit stands past it, and no page ends before without a reason.
    expect(size - last).toBeLessThanOrEqual(10_000)
    if (seen.length + ids.length < rows / 10) expect(ids.length === 100 || size > 10_000).toBe(true)
    seen.push(...ids)
    next = { after: keyOf(printed.lastRow(), selection.fields) }
  }
  expect(seen).toHaveLength(rows / 10)
  const ordered =
    await client`select id::text from evaluation_results where project_id = 2 order by occurred_at, id`
  expect(seen).toEqual(ordered.map((row) => row['id']))
})
