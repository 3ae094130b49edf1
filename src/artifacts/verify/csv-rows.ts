import { Parser, type CsvError } from 'csv-parse'
import type { TableDialect } from '../../core/manifest.ts'
import type { RowReader } from './row-reader.ts'

/** Counts the records of a CSV file behind its header. */
export function csvRows(columns: readonly string[], dialect: TableDialect | undefined): RowReader {
  const hasHeader = dialect?.header ?? true
  let records = 0
  let wrongColumns: string | undefined
  const parser = new Parser({
    bom: true,
    delimiter: dialect?.delimiter ?? ',',
    quote: dialect?.quoteChar ?? '"',
    record_delimiter: dialect?.lineTerminator ?? '\r\n',
    on_record: (cells: readonly string[]) => {
      records++
      if (records === 1 && hasHeader && !isHeader(cells, columns)) wrongColumns = `header ${quote(cells)}`
      if (cells.length !== columns.length)
        wrongColumns ??= `${cells.length} cells in record ${records}, not ${columns.length}`
      // Kept by nobody.
      return null
    },
    relax_column_count: true,
  })
  // Heard where it is waited for.
  parser.on('error', () => {})
  const settle = (call: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      call((error) => {
        const { code } = (error ?? {}) as Partial<CsvError>
        if (error) reject(new Error(`behind record ${records}: ${code ?? 'it is no CSV'}`))
        else resolve()
      })
    })
  return {
    // The parser keeps what is left of a chunk until the next comes.
    read: (chunk) => settle((done) => parser.write(Buffer.from(chunk), done)),
    async end() {
      await settle((done) => parser.end(done))
      return { rows: Math.max(0, records - (hasHeader ? 1 : 0)), wrongColumns }
    },
  }
}

/** Headers that a spreadsheet would run stand behind an apostrophe. */
function isHeader(cells: readonly string[], columns: readonly string[]): boolean {
  return columns.every((column, index) => cells[index] === column || cells[index] === `'${column}`)
}

function quote(cells: readonly string[]): string {
  const text = JSON.stringify(cells)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
