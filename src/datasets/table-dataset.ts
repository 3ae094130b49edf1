import { and, eq, isNull, or, sql, type SQL } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Field } from '../core/field.ts'
import type { Key } from '../core/record-batch.ts'
import { compileCondition } from './condition.ts'
import type { Dataset, PageSelection, RecordSelection } from './dataset.ts'

/** The columns that every record table has. */
export interface RecordTable {
  readonly id: PgColumn
  readonly projectId: PgColumn
  readonly occurredAt: PgColumn
  readonly createdXid: PgColumn
  readonly deadXid: PgColumn
}

export interface TableField extends Field {
  /** The value in SQL, of the field's own type. */
  readonly value: SQL
}

/** A dataset that is one append-only record table; its first field is the id. */
export function tableDataset(
  about: Pick<Dataset, 'id' | 'shortName' | 'recordName' | 'idPrefix' | 'description'>,
  table: PgTable & RecordTable,
  fieldsBesideId: readonly TableField[],
): Dataset {
  const fields = [idField(about.idPrefix, table.id), ...fieldsBesideId]
  const byName = new Map(fields.map((field) => [field.name, field]))
  const lookUp = (name: string): TableField => {
    const field = byName.get(name)
    if (!field) throw new Error(`the dataset ${about.id} has no field ${name}`)
    return field
  }

  const where = (selection: RecordSelection): SQL =>
    and(
      eq(table.projectId, selection.projectId),
      visible(table, selection.snapshot),
      ...selection.filter.map((condition) => {
        const field = lookUp(condition.field)
        return compileCondition(field.value, field.type, condition)
      }),
    )!

  return {
    ...about,
    fields,
    page(selection) {
      const read = selection.fields.filter((name) => !selection.blank?.has(name))
      const cells = selection.fields.map((name) => (read.includes(name) ? lookUp(name).value : sql`null`))
      const cellList = sql.join([...cells, sql`${table.occurredAt}`, sql`${table.id}`], sql`, `)
      const order =
        selection.direction === 'ASC'
          ? sql`${table.occurredAt} asc, ${table.id} asc`
          : sql`${table.occurredAt} desc, ${table.id} desc`
      const condition = and(where(selection), selection.after && beyond(table, selection, selection.after))
      const unbounded = read.map(lookUp).filter((field) => field.unbounded)
      if (selection.bytes === undefined || unbounded.length === 0) {
        return sql`select ${cellList} from ${table} where ${condition} order by ${order} limit ${selection.rows}`
      }
      return boundedPage(table, {
        cellList,
        condition: condition!,
        order,
        unbounded,
        selection,
        bytes: selection.bytes,
      })
    },
    count: (selection) => sql`select count(*) from ${table} where ${where(selection)}`,
    every: (selection) => sql`select from ${table} where ${where(selection)}`,
    fold: (selection) =>
      sql`select count(*), coalesce(sum(${table.id}), 0), coalesce(bit_xor(${table.id}), 0) from ${table} where ${where(selection)}`,
  }
}

/** A record's public name: the prefix of its dataset and its number. */
function idField(prefix: string, number: PgColumn): TableField {
  return {
    name: 'id',
    type: 'text',
    sensitivity: 'public',
    value: sql`${`${prefix}_`} || ${number}`,
    description: `The record, e.g. ${prefix}_1042.`,
    inDefault: true,
    required: true,
  }
}

/**
 * What an instant shows. Rows that were there before every transaction that was then running need no look into the
 * snapshot: that spares the call for nearly all of them.
 */
function visible(table: RecordTable, snapshot: string | undefined): SQL | undefined {
  if (snapshot === undefined) return isNull(table.deadXid)
  const xmin = snapshot.slice(0, snapshot.indexOf(':'))
  return and(
    or(
      sql`${table.createdXid} < ${xmin}::text::xid8`,
      sql`pg_visible_in_snapshot(${table.createdXid}, ${snapshot}::text::pg_snapshot)`,
    ),
    or(
      isNull(table.deadXid),
      sql`not pg_visible_in_snapshot(${table.deadXid}, ${snapshot}::text::pg_snapshot)`,
    ),
  )
}

/** A row comparison, so that the index on the key is entered at the right place. */
function beyond(table: RecordTable, selection: PageSelection, after: Key): SQL {
  const [occurredAt, id] = after
  const operator = selection.direction === 'ASC' ? sql`>` : sql`<`
  return sql`(${table.occurredAt}, ${table.id}) ${operator} (${occurredAt}::text::timestamptz, ${id}::text::bigint)`
}

/**
 * About how large JSON is as text, without reading it: Postgres knows the stored size alone. What is compressed is mostly
 * several times as large; text without end of one letter, a hundred times.
 */
function jsonSize(value: SQL): SQL {
  return sql`coalesce(pg_column_size(${value}) * case when pg_column_compression(${value}) is null then 1 else 8 end, 0)`
}

/**
 * A page that also ends at a byte limit. The inner query finds the page by its key; the running sum is of the stored
 * sizes, which Postgres knows without reading the values, so that what lies past the limit is never loaded.
 */
function boundedPage(
  table: PgTable & RecordTable,
  page: {
    cellList: SQL
    condition: SQL
    order: SQL
    unbounded: readonly TableField[]
    selection: PageSelection
    bytes: number
  },
): SQL {
  const size = sql.join(
    page.unbounded.map(({ value, type }) =>
      type === 'json' ? jsonSize(value) : sql`coalesce(octet_length(${value}), 0)`,
    ),
    sql` + `,
  )
  return sql`select ${page.cellList} from ${table} join (
    select key_id, sum(size) over (order by place) - size as bytes_before from (
      select ${table.id} as key_id, ${size} as size, row_number() over (order by ${page.order}) as place
      from ${table} where ${page.condition} order by ${page.order} limit ${page.selection.rows}
    ) sized
  ) page on page.key_id = ${table.id} where page.bytes_before <= ${page.bytes} order by ${page.order}`
}
