import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Sql } from 'postgres'
import type { ExportPlan } from '../core/export-spec.ts'
import type { Cell, RecordBatch } from '../core/record-batch.ts'
import type { Dataset, PageSelection, RecordSelection } from '../datasets/dataset.ts'
import { datasetById } from '../datasets/registry.ts'

/**
 * The one reader of records: browsing and exports both come through here, so that there is no other way out.
 * What a caller may see was decided before (`plan.ts`); no name that reaches this file is unchecked.
 */

const dialect = new PgDialect()

/** The next page, or undefined when there is no further record. */
export async function readPage(
  records: Sql,
  dataset: Dataset,
  selection: PageSelection,
): Promise<RecordBatch | undefined> {
  const rows = await run(records, dataset.page(selection))
  const lastRow = rows.at(-1)
  if (!lastRow) return undefined
  const width = selection.fields.length
  return {
    rows,
    ids: rows.map((row) => BigInt(row[width]!)),
    last: lastRow.slice(width + 1) as string[],
  }
}

/** The key of one row of a page: what a later page may go on after. */
export function keyOf(row: readonly Cell[], fields: readonly string[]): readonly string[] {
  return row.slice(fields.length + 1) as string[]
}

export async function countRecords(records: Sql, dataset: Dataset, selection: RecordSelection): Promise<number> {
  const [row] = await run(records, dataset.count(selection))
  return Number(row![0])
}

/**
 * All records of a plan, as its snapshot shows them, in batches that the plan alone decides. One batch is read ahead
 * while the last one is used; each is a short query of its own, so that nothing is held open between them.
 */
export async function* readBatches(
  records: Sql,
  plan: ExportPlan,
  scope: { projectId: number; snapshot: string },
  signal: AbortSignal,
): AsyncIterable<RecordBatch> {
  const dataset = datasetById(plan.dataset)
  const page = (after: RecordBatch | undefined) =>
    readPage(records, dataset, {
      ...scope,
      filter: plan.filter,
      fields: plan.columns.map((column) => column.field),
      direction: plan.direction,
      rows: plan.batchRows,
      bytes: plan.batchBytes,
      ...(after && { after: after.last }),
    })
  let next = page(undefined)
  try {
    for (;;) {
      const batch = await next
      signal.throwIfAborted()
      if (!batch) return
      next = page(batch)
      // Awaited at the next turn; until then a failure must not count as unhandled.
      next.catch(() => {})
      yield batch
    }
  } finally {
    await next.catch(() => {})
  }
}

async function run(records: Sql, query: SQL): Promise<Cell[][]> {
  const { sql, params } = dialect.sqlToQuery(query)
  return (await records.unsafe(sql, params as string[], { prepare: true }).values()) as unknown as Cell[][]
}
