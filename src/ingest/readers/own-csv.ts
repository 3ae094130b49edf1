import type { FieldType } from '../../core/field.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { JsonFault } from '../json/json-parser.ts'
import { UnreadableFile } from '../reader.ts'
import type { Reader, ReaderOutput, SourceFile } from '../reader.ts'
import { cellValue } from './own-csv-cells.ts'
import { csvHeader, isOwnHeader } from './own-csv-header.ts'
import { csvRows, type CsvRow } from './own-csv-rows.ts'
import { missingFields, OwnRecords, unknownMember } from './own-record.ts'
import { memberNames, nearestTable } from './own-tables.ts'
import { excerptOf } from './source-text.ts'

/** Records in our own columns as CSV: an export of ours, or what another harness or a spreadsheet wrote. */
export const ownCsv: Reader = {
  id: 'own-csv',
  description: 'our own columns: CSV with the field names of a dataset in its first line',
  // As believable as the same columns in JSON.
  rank: 4,

  detect(head) {
    return isOwnHeader(head.split('\n', 1)[0]!)
  },

  async *read(file) {
    let readRow: ReadRow | undefined
    for await (const row of csvRows(file, (line) => csvHeader(line).delimiter)) {
      if (readRow) yield* readRow(row)
      else readRow = rowReader(row, file)
    }
    if (!readRow) throw new UnreadableFile('has no header', { line: 1 })
  },
}

type ReadRow = (row: CsvRow) => Generator<ReaderOutput>

/** @throws UnreadableFile that says all that is wrong with the header: it would be wrong with every record */
function rowReader(header: CsvRow, file: SourceFile): ReadRow {
  if ('fault' in header) throw new UnreadableFile(header.fault, header.position)
  const names = header.cells.map((name) => (name ?? '').trim())
  const table = nearestTable(new Set(names))
  const refuse = (reason: string) => new UnreadableFile(reason, header.position, excerptOf(names.join(',')))
  if (!table) throw refuse('its first line names no field of any dataset')
  const known = memberNames(table)
  const problems = names.flatMap((name, index) => {
    if (!known.includes(name)) return [unknownMember(name, known)]
    return names.indexOf(name) === index ? [] : [`The field "${name}" stands there twice.`]
  })
  problems.push(...missingFields(table, Object.fromEntries(names.map((name) => [name, true]))))
  if (problems.length > 0) throw refuse(problems.join(' '))
  const types = new Map(table.dataset.fields.map((field) => [field.name, field.type]))
  // What is no field is a usage payload.
  const columns = names.map((name): Column => ({ name, type: types.get(name) ?? 'json' }))
  const records = new OwnRecords(table, file)
  return (row) => outputsOf(row, columns, records)
}

interface Column {
  readonly name: string
  readonly type: FieldType
}

function* outputsOf(row: CsvRow, columns: readonly Column[], records: OwnRecords): Generator<ReaderOutput> {
  const { position } = row
  if ('fault' in row) {
    yield { kind: 'reject', reason: row.fault, position, excerpt: '' }
    return
  }
  const { cells } = row
  if (cells.length !== columns.length) {
    const excerpt = excerptOf(cells.join(','))
    if (/^(?:<<<<<<<|>>>>>>>) /.test(cells[0] ?? '')) {
      throw new UnreadableFile('holds a merge-conflict marker', position, excerpt)
    }
    const reason = `has ${cells.length} cells where the header has ${columns.length}`
    yield { kind: 'reject', reason, position, excerpt }
    return
  }
  const values: Record<string, ExactJson> = {}
  const problems: string[] = []
  for (const [index, { name, type }] of columns.entries()) {
    const cell = cells[index] ?? null
    if (cell === null) continue
    try {
      values[name] = cellValue(type, cell)
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error
      problems.push(`${name}: cannot be read as JSON: column ${error.offset + 1}: ${error.message}`)
    }
  }
  yield* records.outputsOf(values, position, problems)
}
