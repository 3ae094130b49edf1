import type { Sql } from 'postgres'
import { camelCase, enumCase, type Field } from '../src/core/field.ts'
import type { Dataset } from '../src/datasets/dataset.ts'
import { datasets } from '../src/datasets/registry.ts'
import { formatters } from '../src/formatters/registry.ts'
import type { Draw } from '../src/ingest/seed/draw.ts'
import { timeOf, type Records } from './records.ts'

type Operator = 'eq' | 'in' | 'gte' | 'lt'

interface Wanted {
  readonly column: string
  readonly operator: Operator
  readonly value: string | boolean | readonly string[]
}

/** What a random export asks for. */
export interface SoakSpec {
  readonly dataset: string
  readonly format: string
  /** How many rows it was drawn to have, about. */
  readonly size: string
  readonly where: readonly Wanted[]
  /** The same as the API is asked. */
  readonly input: object
}

/** So many of a hundred, each with so many rows, about. */
const sizes = [
  { name: 'none', share: 10, rows: 0 },
  { name: 'one', share: 10, rows: 1 },
  { name: 'hundreds', share: 34, rows: 800 },
  { name: 'thousands', share: 32, rows: 6000 },
  { name: 'ten thousands', share: 12, rows: 14_000 },
  { name: 'all', share: 2, rows: Infinity },
] as const

export function drawSpec(draw: Draw, records: Records): SoakSpec {
  const size = drawSize(draw)
  // The largest one is the one with 50,000 rows.
  const dataset = size.name === 'all' ? datasets[0]! : draw.of(datasets)
  const format = draw.of(formatters).id
  const where = [...drawTimes(draw, records, dataset, size), ...drawMore(draw, dataset)]
  const fields = draw.below(2) === 0 ? undefined : drawFields(draw, dataset)
  const source = {
    where: asInput(where),
    orderBy: { direction: draw.of(['ASC', 'DESC']) },
    ...(fields && { fields: fields.map(({ name }) => enumCase(name)) }),
    ...(fields && { privacy: drawPrivacy(draw, fields) }),
  }
  const input = { format: enumCase(format), source: { [camelCase(dataset.id)]: source } }
  return { dataset: dataset.id, format, size: size.name, where, input }
}

function drawSize(draw: Draw) {
  let place = draw.below(100)
  return sizes.find(({ share }) => (place -= share) < 0)!
}

function drawTimes(
  draw: Draw,
  records: Records,
  dataset: Dataset,
  { rows }: (typeof sizes)[number],
): Wanted[] {
  const column = 'occurred_at'
  const all = records.rows(dataset.id)
  if (rows === Infinity) return []
  if (rows === 0) return [{ column, operator: 'gte', value: '2099-01-01T00:00:00.000000Z' }]
  if (rows === 1) return [{ column, operator: 'eq', value: draw.of(records.lone(dataset.id)) }]
  const wanted = 1 + draw.below(rows)
  const from = draw.below(Math.max(1, all - wanted))
  return [
    { column, operator: 'gte', value: timeOf(from) },
    { column, operator: 'lt', value: timeOf(from + wanted) },
  ]
}

/** Now and then one more condition. */
function drawMore(draw: Draw, dataset: Dataset): Wanted[] {
  if (draw.below(3) > 0) return []
  const has = (name: string) => dataset.fields.some((field) => field.name === name && field.filterable)
  if (draw.below(2) === 0 && has('provider')) {
    return [{ column: 'provider', operator: 'in', value: draw.of([['anthropic'], ['openai', 'ollama']]) }]
  }
  return has('success') ? [{ column: 'success', operator: 'eq', value: draw.below(4) > 0 }] : []
}

/** Some columns, in any order. */
function drawFields(draw: Draw, dataset: Dataset): Field[] {
  const left = dataset.fields.filter(({ sensitivity }) => sensitivity !== 'personal')
  const count = 1 + draw.below(left.length)
  return Array.from({ length: count }, () => left.splice(draw.below(left.length), 1)[0]!)
}

function drawPrivacy(draw: Draw, fields: readonly Field[]): object[] {
  return fields.flatMap(({ name, type }) => {
    const mode = draw.of(['REDACT', 'REDACT', 'REDACT', 'REDACT', 'DROP', 'PSEUDONYMISE', 'GENERALISE'])
    if (mode === 'REDACT' || (mode === 'PSEUDONYMISE' && type !== 'text')) return []
    if (mode === 'GENERALISE' && type !== 'timestamp') return []
    return [{ field: enumCase(name), mode }]
  })
}

function asInput(where: readonly Wanted[]): object {
  const input: Record<string, Record<string, unknown>> = {}
  for (const { column, operator, value } of where) {
    ;(input[camelCase(column)] ??= {})[operator] = value
  }
  return input
}

/** What the rows come to by SQL of the soak's own, which shares nothing with what is tried. */
export async function countBySql(
  sql: Sql,
  spec: SoakSpec,
  job: { readonly projectId: number; readonly snapshot: string },
): Promise<{ count: string; sum: string }> {
  const signs = { eq: '=', gte: '>=', lt: '<', in: '= any' } as const
  const values: (string | number | boolean | readonly string[])[] = [job.projectId, job.snapshot]
  const conditions = spec.where.map(({ column, operator, value }) => {
    values.push(value)
    const place = `$${values.length}${casts[column]!}${operator === 'in' ? '[]' : ''}`
    return `and ${column} ${signs[operator]} (${place})`
  })
  const [row] = await sql.unsafe<{ count: string; sum: string }[]>(
    `select count(*)::text as count, coalesce(sum(id), 0)::text as sum from ${spec.dataset}
      where project_id = $1 and pg_visible_in_snapshot(created_xid, $2::pg_snapshot)
      and (dead_xid is null or not pg_visible_in_snapshot(dead_xid, $2::pg_snapshot)) ${conditions.join(' ')}`,
    values as never[],
  )
  return row!
}

const casts: Readonly<Record<string, string>> = {
  // By way of text: of a time, postgres.js would keep the milliseconds alone.
  occurred_at: '::text::timestamptz',
  provider: '::text',
  success: '::boolean',
}
