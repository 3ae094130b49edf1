import type { SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type { ExportPlan } from '../core/export-spec.ts'
import { canonicalDecimal } from '../core/decimal.ts'
import type { FieldType } from '../core/field.ts'
import type { KeyFold } from '../core/key-fold.ts'
import type { Cell, Key, RecordBatch } from '../core/record-batch.ts'
import type { RedactionCounts } from '../core/redaction-counts.ts'
import { canonicalTime } from '../core/time.ts'
import { fieldByName, type Dataset, type PageSelection, type RecordSelection } from '../datasets/dataset.ts'
import { datasetById } from '../datasets/registry.ts'
import { copyRows, type PrintedRows } from '../db/copy-rows.ts'
import { estimateRows } from '../db/estimate-rows.ts'
import { treatment, type Treatment, type TreatedColumn } from '../privacy/treatment.ts'
import type { ExportContext } from './context.ts'
import { untilItPasses } from './transient.ts'

/**
 * The one reader of records: browsing and exports both come through here, so that there is no other way out.
 * What a caller may see was decided before (`plan.ts`); no name that reaches this file is unchecked. What leaves it has
 * been treated as the plan says: there is no unredacted way out.
 */

export type Reading = Pick<ExportContext, 'records' | 'scope' | 'privacy' | 'log'>

/** Records as they may be seen. */
export interface TreatedBatch extends RecordBatch {
  readonly redactions: RedactionCounts
}

const dialect = new PgDialect()

/** The next page, redacted, or undefined when there is no further record. */
export async function readPage(
  context: Reading,
  dataset: Dataset,
  selection: PageSelection,
): Promise<TreatedBatch | undefined> {
  const printed = await ask(context, selection.projectId, dataset.page(selection))
  if (printed.isEmpty) return undefined
  const { fields, projectId } = selection
  const columns = fields.map((field) => treated(dataset, field, 'redact'))
  const privacy = {
    personalData: 'redact',
    pseudonymScope: 'project',
    keyVersion: context.privacy.keys.currentVersion,
  } as const
  const treat = treatment(context.privacy, columns, privacy, { projectId, exportId: '' })
  return toBatch(dataset, fields, printed, treat)
}

/** Ends what would take for ever. Not a setting of the connection, since poolers refuse those that they do not know. */
const timeLimit = `set local statement_timeout = '600s'`

/** Asks within the project, in one message. @param mark what it begins with, so that it can be found */
function ask(context: Reading, projectId: number, query: SQL, mark = ''): Promise<PrintedRows> {
  return copyRows(context.records, inlined(query), mark + entering(context, projectId))
}

function entering({ scope }: Reading, projectId: number): string {
  return `${timeLimit}; ${scope.statement(projectId)}`
}

/** What the queries of an attempt at a job begin with. */
export function markOf({ id, attempt }: Pick<ReadJob, 'id' | 'attempt'>): string {
  return `/* export ${id}.${attempt} */ `
}

function treated(dataset: Dataset, field: string, privacy: TreatedColumn['privacy']): TreatedColumn {
  return { field, type: fieldByName(dataset, field)!.type, privacy }
}

async function toBatch(
  dataset: Dataset,
  fields: readonly string[],
  printed: PrintedRows,
  treat: Treatment,
): Promise<TreatedBatch> {
  const rows = printed.rows()
  fields.forEach((name, column) => {
    const canonical = canonicalForms[fieldByName(dataset, name)!.type]
    if (!canonical) return
    for (const row of rows) {
      const cell = row[column]
      if (typeof cell === 'string') row[column] = canonical(cell)
    }
  })
  // The key stands beside the cells and stays as it is, also where the id is treated.
  const redactions = await treat.apply(rows)
  return {
    rows,
    redactions,
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
  context: Reading,
  dataset: Dataset,
  selection: RecordSelection,
): Promise<number> {
  const printed = await ask(context, selection.projectId, dataset.count(selection))
  return Number(printed.lastRow()[0])
}

/** Whose records, as of when, and for which attempt at which job. */
interface ReadJob {
  readonly id: string
  readonly attempt: number
  readonly projectId: number
  readonly snapshot: string
}

/** What the records of a plan come to, found without reading them one by one. */
export async function foldRecords(context: Reading, plan: ExportPlan, job: ReadJob): Promise<KeyFold> {
  const query = datasetById(plan.dataset).fold(selectionOf(plan, job))
  const printed = await ask(context, job.projectId, query, markOf(job))
  const [count, sum, xor] = printed.lastRow()
  return { count: BigInt(count!), sum: BigInt(sum!), xor: BigInt(xor!) }
}

/** How many records of a plan Postgres expects, which costs it nothing. */
export async function estimateRecords(context: Reading, plan: ExportPlan, job: ReadJob): Promise<number> {
  const query = datasetById(plan.dataset).every(selectionOf(plan, job))
  return estimateRows(context.records, inlined(query), markOf(job) + entering(context, job.projectId))
}

function selectionOf({ filter }: ExportPlan, { projectId, snapshot }: ReadJob): RecordSelection {
  return { projectId, snapshot, filter }
}

/**
 * All records of a plan, as its snapshot shows them, in batches that the plan alone decides. Each is a short query of its
 * own, so that nothing is held open between them, and one that fails is asked for again; Postgres makes the next one while
 * the last one is parsed and used.
 * @param after the key of the last record that is not wanted any more
 */
export async function* readBatches(
  context: Reading,
  plan: ExportPlan,
  job: ReadJob,
  { after, signal }: { readonly after: Key | undefined; readonly signal: AbortSignal },
): AsyncIterable<TreatedBatch> {
  const dataset = datasetById(plan.dataset)
  const fields = plan.columns.map((column) => column.field)
  const columns = plan.columns.map(({ field, privacy }) => treated(dataset, field, privacy))
  const place = { projectId: job.projectId, exportId: job.id }
  const treat = treatment(context.privacy, columns, plan.privacy, place)
  const dropped = plan.columns.filter(({ privacy }) => privacy === 'drop').map(({ field }) => field)
  const blank = new Set(dropped)
  const askAfter = (after: Key | undefined): Promise<PrintedRows> => {
    const page = dataset.page({
      projectId: job.projectId,
      snapshot: job.snapshot,
      filter: plan.filter,
      fields,
      direction: plan.direction,
      rows: plan.batchRows,
      bytes: plan.batchBytes,
      blank,
      ...(after && { after }),
    })
    const answer = untilItPasses({ log: context.log, job: job.id, signal }, () =>
      ask(context, job.projectId, page, markOf(job)),
    )
    // Awaited at the next turn; until then a failure must not count as unhandled.
    answer.catch(() => {})
    return answer
  }
  let next = askAfter(after)
  try {
    for (;;) {
      const printed = await next
      signal.throwIfAborted()
      if (printed.isEmpty) return
      next = askAfter(keyOf(printed.lastRow(), fields))
      yield await toBatch(dataset, fields, printed, treat)
    }
  } finally {
    await next.catch(() => {})
  }
}
