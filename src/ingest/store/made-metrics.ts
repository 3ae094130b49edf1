import type { ISql } from 'postgres'
import { metricsOf } from '../derive/metrics.ts'
import { recordTables } from './record-tables.ts'
import { digest, fill } from './told.ts'
import { insertVersions, nextIds, type RowPlace } from './version-rows.ts'
import { emptyVersion, type Version } from './version.ts'
import type { RecordFields } from '../records/record.ts'
import { datasetById } from '../../datasets/registry.ts'

/** A record that was written, and the number that it has now. */
export interface WrittenRecord {
  readonly id: string
  readonly version: Version
}

const table = recordTables.performance_metric

/**
 * Makes the metrics of records anew: those of the versions that were ended end with them.
 * @returns how many there are now
 */
export async function makeMetrics(
  sql: ISql,
  place: RowPlace,
  kind: Version['table']['kind'],
  ended: readonly string[],
  written: readonly WrittenRecord[],
): Promise<number> {
  if (kind === 'performance_metric') return 0
  if (ended.length > 0) {
    await sql`update performance_metrics set dead_xid = pg_current_xact_id()
      where subject_type = ${kind} and subject_record = any(${ended}::bigint[]) and dead_xid is null`
  }
  const made = written.flatMap((record) =>
    versionsOf(kind, record).map((version) => ({ version, subject: record.id })),
  )
  const ids = await nextIds(sql, table, made.length)
  await insertVersions(
    sql,
    table,
    place,
    made.map((each, index) => ({ ...each, id: ids[index]! })),
  )
  return made.length
}

function versionsOf(
  kind: 'evaluation_result' | 'agent_interaction' | 'tool_call',
  record: WrittenRecord,
): Version[] {
  const { idPrefix } = datasetById(record.version.table.table)
  return metricsOf(kind, fieldsOf(record.version) as never).map((metric) => {
    const key = [
      'made',
      kind,
      record.version.ingestKey,
      metric.metric!,
      metric.tokenType ?? null,
      JSON.stringify(metric.attributes ?? null),
    ]
    const version = emptyVersion(table, { ingestKey: digest(key), matchKey: null, partnerKey: null })
    const fields = {
      ...metric,
      subjectId: `${idPrefix}_${record.id}`,
      sourceFile: record.version.cells[record.version.table.at('sourceFile')],
    }
    const problems: string[] = []
    fill(version, fields as Partial<RecordFields>, 0, problems)
    if (problems.length > 0)
      throw new Error(`a metric was made that cannot be stored: ${problems.join('; ')}`)
    return version
  })
}

/** A version's fields as tellings have them. */
function fieldsOf(version: Version): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  version.table.columns.forEach(({ name, type }, index) => {
    const cell = version.cells[index]
    if (cell === null || cell === undefined) return
    if (type === 'bigint') fields[name] = BigInt(cell)
    else if (type === 'int' || type === 'float') fields[name] = Number(cell)
    else if (type === 'bool') fields[name] = cell === 'true'
    else if (type === 'json') {
      // Only what metrics are made of is worth parsing.
      if (name === 'measures') fields[name] = JSON.parse(cell)
    } else fields[name] = cell
  })
  return fields
}
