import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { Sql } from 'postgres'
import type { ExportPlan } from '../core/export-spec.ts'
import { canonicalDecimal } from '../core/decimal.ts'
import type { FieldType } from '../core/field.ts'
import type { Cell, Key, RecordBatch } from '../core/record-batch.ts'
import { canonicalTime } from '../core/time.ts'
import { fieldByName, type Dataset, type PageSelection, type RecordSelection } from '../datasets/dataset.ts'
import { datasetById } from '../datasets/registry.ts'
import { copyRows, type PrintedRows } from '../db/copy-rows.ts'

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
  const printed = await copyRows(records, inlined(dataset.page(selection)))
  return printed.isEmpty ? undefined : toBatch(dataset, selection.fields, printed)
}

function toBatch(dataset: Dataset, fields: readonly string[], printed: PrintedRows): RecordBatch {
  const rows = printed.rows()
  fields.forEach((name, column) => {
    const canonical = canonicalForms[fieldByName(dataset, name)!.type]
    if (!canonical) return
    for (const row of rows) {
      const cell = row[column]
      if (typeof cell === 'string') row[column] = canonical(cell)
    }
  })
  return {
    rows,
    ids: rows.map((row) => BigInt(row[fields.length + 1]!)),
    last: keyOf(rows.at(-1)!, fields),
  }
}

/** The key of one row of a page: what a later page may go on after. */
export function keyOf(row: readonly Cell[], fields: readonly string[]): Key {
  return [canonicalTime(row[fields.length]!), row[fields.length + 1]!]
}

/** How cells are written, where Postgres prints them otherwise. */
const canonicalForms: { readonly [type in FieldType]?: (text: string) => string } = {
  timestamp: canonicalTime,
  decimal: canonicalDecimal,
  bool: (text) => (text === 't' ? 'true' : 'false'),
}

/**
 * A query with its values in it. Only strings and numbers are among them; Drizzle doubles the quotes of the strings, and
 * the connection sees to it that nothing else is special in them (`standard_conforming_strings`).
 */
function inlined(query: SQL): string {
  return dialect.sqlToQuery(query.inlineParams()).sql
}

export async function countRecords(
  records: Sql,
  dataset: Dataset,
  selection: RecordSelection,
): Promise<number> {
  const printed = await copyRows(records, inlined(dataset.count(selection)))
  return Number(printed.lastRow()[0])
}

/**
 * All records of a plan, as its snapshot shows them, in batches that the plan alone decides. Each is a short query of its
 * own, so that nothing is held open between them; Postgres makes the next one while the last one is parsed and used.
 */
export async function* readBatches(
  records: Sql,
  plan: ExportPlan,
  scope: { projectId: number; snapshot: string },
  signal: AbortSignal,
): AsyncIterable<RecordBatch> {
  const dataset = datasetById(plan.dataset)
  const fields = plan.columns.map((column) => column.field)
  const ask = (after: Key | undefined): Promise<PrintedRows> => {
    const page = dataset.page({
      projectId: scope.projectId,
      snapshot: scope.snapshot,
      filter: plan.filter,
      fields,
      direction: plan.direction,
      rows: plan.batchRows,
      bytes: plan.batchBytes,
      ...(after && { after }),
    })
    const answer = copyRows(records, inlined(page))
    // Awaited at the next turn; until then a failure must not count as unhandled.
    answer.catch(() => {})
    return answer
  }
  let next = ask(undefined)
  try {
    for (;;) {
      const printed = await next
      signal.throwIfAborted()
      if (printed.isEmpty) return
      next = ask(keyOf(printed.lastRow(), fields))
      yield toBatch(dataset, fields, printed)
    }
  } finally {
    await next.catch(() => {})
  }
}
