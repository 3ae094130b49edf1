import type { Sql } from 'postgres'
import { recordTableNames } from '../src/db/record-table-names.ts'
import type { Draw } from '../src/ingest/seed/draw.ts'
import type { Api } from './api.ts'
import { timeOf, type Records } from './records.ts'

/** What happens to the records while they are exported. */
export const changeKinds = ['ingest', 'correction', 'deletion'] as const
export type ChangeKind = (typeof changeKinds)[number]

export interface ChangeContext {
  readonly sql: Sql
  readonly api: Api
  readonly records: Records
}

/** Makes one burst of changes. @throws whatever the faults made meanwhile let it throw; nothing of it was done then */
export async function change(context: ChangeContext, kind: ChangeKind, draw: Draw): Promise<void> {
  switch (kind) {
    case 'ingest':
      return ingest(context, draw)
    case 'correction':
      return correct(context, draw)
    case 'deletion':
      return remove(context, draw)
  }
}

/** New results all over the time that exports ask for, by the API. */
async function ingest({ api, records }: ChangeContext, draw: Draw): Promise<void> {
  const name = `soak-${draw.text('0123456789abcdef', 12)}`
  const lines = Array.from({ length: 20 + draw.below(100) }, (_, index) =>
    JSON.stringify({
      id: `${name}-${index}`,
      run: name,
      test_id: 'soak',
      provider: draw.of(['anthropic', 'openai']),
      model: draw.of(['claude-opus-4', 'gpt-5']),
      success: draw.below(3) > 0,
      score: draw.below(1000) / 1000,
      occurred_at: timeOf(draw.below(records.rows('evaluation_results'))),
      duration_seconds: draw.below(90),
      usage: { input_tokens: draw.below(5000), output_tokens: draw.below(900) },
      response: 'An answer. '.repeat(draw.below(60)),
    }),
  )
  await api.ingest(`${name}.ndjson`, lines.join('\n'))
}

/** Ends the present versions of neighbouring records, and begins others, which may have happened at another time. */
async function correct({ sql, records }: ChangeContext, draw: Draw): Promise<void> {
  const table = draw.of(recordTableNames)
  const { from, to } = drawStretch(draw, records, table)
  const columns = await copiedColumns(sql, table)
  const seconds = draw.of([0, 0, 1, -1, 3600])
  await sql.begin(async (tx) => {
    const ended = await tx<{ id: string }[]>`
      update ${tx(table)} set dead_xid = pg_current_xact_id()
      where project_id = ${records.projectId} and dead_xid is null and occurred_at >= ${from} and occurred_at < ${to}
      returning id`
    const ids = ended.map(({ id }) => id)
    await tx.unsafe(
      `insert into ${table} (occurred_at, source_file, ${columns})
        select occurred_at + $1 * interval '1 second', 'corrected', ${columns} from ${table} where id = any($2::bigint[])`,
      [seconds, ids],
    )
  })
}

/** A deletion is a version that has no next one. */
async function remove({ sql, records }: ChangeContext, draw: Draw): Promise<void> {
  const table = draw.of(recordTableNames)
  const { from, to } = drawStretch(draw, records, table)
  await sql`update ${sql(table)} set dead_xid = pg_current_xact_id()
    where project_id = ${records.projectId} and dead_xid is null and occurred_at >= ${from} and occurred_at < ${to}
    and id % 10 = ${draw.below(10)}`
}

function drawStretch(draw: Draw, records: Records, table: string): { from: string; to: string } {
  const length = 20 + draw.below(300)
  const from = draw.below(records.rows(table) - length)
  return { from: timeOf(from), to: timeOf(from + length) }
}

async function copiedColumns(sql: Sql, table: string): Promise<string> {
  const own = ['id', 'created_xid', 'dead_xid', 'occurred_at', 'source_file']
  const rows = await sql<{ name: string }[]>`
    select column_name as name from information_schema.columns
    where table_schema = 'public' and table_name = ${table} and column_name <> all(${own})`
  return rows.map(({ name }) => `"${name}"`).join(', ')
}
