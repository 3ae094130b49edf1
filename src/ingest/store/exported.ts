import type { ISql } from 'postgres'
import { sameCell } from './cells.ts'
import type { RecordTable } from './record-tables.ts'
import type { Told } from './told.ts'
import { readVersions } from './version-rows.ts'
import type { Version } from './version.ts'

/** What says more of the file than of the record. */
const ofTheFile: ReadonlySet<string> = new Set(['sourceFile', 'occurredAtSource'])

/**
 * Leaves out what was exported from here and says nothing else than the record of its number, or that record's version
 * of then: it is there already.
 */
export async function leaveOutExported(
  sql: ISql,
  projectId: number,
  table: RecordTable,
  told: readonly Told[],
): Promise<{ rest: readonly Told[]; unchanged: number }> {
  const numbers = told.flatMap(({ exportedNumber }) =>
    exportedNumber === undefined ? [] : [String(exportedNumber)],
  )
  if (numbers.length === 0) return { rest: told, unchanged: 0 }
  const rows = new Map(
    (await readVersions(sql, projectId, table, { numbers })).map(({ id, version }) => [id, version]),
  )
  const rest = told.filter(({ version, exportedNumber }) => {
    const row = exportedNumber === undefined ? undefined : rows.get(String(exportedNumber))
    return !row || !saysNothingElse(version, row)
  })
  return { rest, unchanged: told.length - rest.length }
}

function saysNothingElse(told: Version, row: Version): boolean {
  return told.table.columns.every(
    ({ name, type }, index) =>
      told.cells[index] === null ||
      ofTheFile.has(name) ||
      sameCell(type, told.cells[index]!, row.cells[index]!),
  )
}
