import { getColumns, getTableName } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { FieldType } from '../../core/field.ts'
import { datasetById } from '../../datasets/registry.ts'
import {
  agentInteractions,
  evaluationResults,
  performanceMetrics,
  toolCalls,
} from '../../db/schema/schema.ts'
import type { RecordKind } from '../reader.ts'

/** A column of a record table that holds a field of its tellings. */
export interface FieldColumn {
  /** As tellings call it. */
  readonly name: string
  readonly column: string
  readonly type: FieldType
  /** Whether its texts are names and the like, of which none is long. */
  readonly isBounded: boolean
}

/** A record table as ingest sees it. */
export interface RecordTable {
  readonly kind: RecordKind
  readonly table: string
  /** In which order tables are locked, so that no two writers wait in a circle. */
  readonly place: number
  readonly columns: readonly FieldColumn[]
  /** Where in `columns` a field stands. @throws Error for a name that is none */
  at(name: string): number
  has(name: string): boolean
}

/** What the store itself keeps in a record's row. */
const ours: ReadonlySet<string> = new Set([
  'id',
  'projectId',
  'sourceFileId',
  'sourceRank',
  'fieldRanks',
  'ingestKey',
  'matchKey',
  'partnerKey',
  'parts',
  'raw',
  'createdXid',
  'deadXid',
  'subjectRecord',
])

const types: Readonly<Record<string, FieldType>> = {
  text: 'text',
  integer: 'int',
  bigint: 'bigint',
  'numeric(20,12)': 'decimal',
  'numeric(20, 12)': 'decimal',
  'double precision': 'float',
  boolean: 'bool',
  'timestamp with time zone': 'timestamp',
  jsonb: 'json',
}

function recordTable(kind: RecordKind, place: number, table: PgTable): RecordTable {
  const name = getTableName(table)
  const unbounded = new Set(
    datasetById(name)
      .fields.filter((field) => field.unbounded)
      .map((field) => field.name),
  )
  const columns = Object.entries(getColumns(table) as Record<string, PgColumn>)
    .filter(([field]) => !ours.has(field))
    .map(([field, column]): FieldColumn => {
      const type = types[column.getSQLType()]
      if (!type) throw new Error(`${name}.${column.name}: no record field is a ${column.getSQLType()}`)
      return {
        name: field,
        column: column.name,
        type,
        isBounded: type === 'text' && !unbounded.has(column.name),
      }
    })
  const places = new Map(columns.map((column, index) => [column.name, index]))
  return {
    kind,
    table: name,
    place,
    columns,
    has: (field) => places.has(field),
    at(field) {
      const index = places.get(field)
      if (index === undefined) throw new Error(`${name} has no field ${field}`)
      return index
    },
  }
}

export const recordTables: Readonly<Record<RecordKind, RecordTable>> = {
  evaluation_result: recordTable('evaluation_result', 1, evaluationResults),
  agent_interaction: recordTable('agent_interaction', 2, agentInteractions),
  tool_call: recordTable('tool_call', 3, toolCalls),
  performance_metric: recordTable('performance_metric', 4, performanceMetrics),
}

export const recordKinds = Object.keys(recordTables) as readonly RecordKind[]
