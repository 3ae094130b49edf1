import { isUtf8 } from 'node:buffer'
import { Parser, type CsvError, type InfoField } from 'csv-parse'
import { UnreadableFile } from '../reader.ts'
import type { Position, SourceFile } from '../reader.ts'
import { firstLineOf, fromFirstLine } from './own-csv-header.ts'

/** A line of a CSV file: its cells, null for an empty one without quotes, or why it cannot be cut into cells. */
export type CsvRow =
  | { readonly cells: readonly (string | null)[]; readonly position: Position }
  | { readonly fault: string; readonly position: Position }

const maxRowBytes = 16 * 1024 * 1024
/** Far more than any dataset has fields; a line of nothing but commas must not fill the memory. */
const maxCells = 1000

/**
 * The rows of a file as they are read, its header among them.
 *
 * @param delimiterOf told the first line
 * @throws UnreadableFile
 */
export async function* csvRows(
  file: SourceFile,
  delimiterOf: (firstLine: string) => string,
): AsyncGenerator<CsvRow> {
  const rows = new RowsBeingRead()
  let parser: Parser | undefined
  for await (const bytes of fromFirstLine(file)) {
    if (!parser) {
      parser = parserOf(delimiterOf(firstLineOf(bytes)), rows)
      // It is looked at below, after the rows before it.
      parser.on('error', () => {})
    }
    parser.write(bytes)
    for (let row = next(parser); row; row = next(parser)) yield row
    yield* rows.faultsSoFar()
    if (parser.errored) throw parser.errored
  }
  if (!parser) throw new UnreadableFile('is empty', {})
  parser.end()
  for await (const row of parser as AsyncIterable<CsvRow>) yield row
  yield* rows.faultsSoFar()
}

function next(parser: Parser): CsvRow | null {
  return parser.read() as CsvRow | null
}

function parserOf(delimiter: string, rows: RowsBeingRead): Parser {
  return new Parser({
    delimiter,
    // Not left to be found out: a file may have been put together from several.
    record_delimiter: ['\r\n', '\n'],
    // One character a byte, so that bytes which are not UTF-8 are seen, and where they are.
    encoding: 'latin1',
    max_record_size: maxRowBytes,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    cast: (cell, context) => rows.cell(cell, context),
    // Its types know of no rows but lists of texts.
    on_record: (cells) => rows.row(cells) as unknown as string[],
    on_skip: (error) => rows.fail(error!),
  })
}

/** Where the parser is; what it cannot say of a row, and what becomes of those that it passes over. */
class RowsBeingRead {
  #begun = 0
  #position: Position = {}
  #lineBreaksInCells = 0
  /** Of the row that is being read, apart from what is wrong with its quotes. */
  #fault: string | undefined
  #lastFailed = 0
  #faults: CsvRow[] = []

  cell(cell: string, context: InfoField): string | null {
    if (context.index === 0) {
      this.#position = this.#next(context)
      this.#begun++
      this.#fault = undefined
    }
    if (context.index >= maxCells) throw new UnreadableFile(`has more than ${maxCells} cells`, this.#position)
    if (cell === '') return context.quoting ? '' : null
    if (context.quoting) this.#lineBreaksInCells += cell.match(/\r\n|\n|\r/g)?.length ?? 0
    if (!/[\x80-\xff]/.test(cell)) return cell
    const bytes = Buffer.from(cell, 'latin1')
    if (!isUtf8(bytes)) this.#fault ??= `cell ${context.index + 1} is not UTF-8`
    return bytes.toString('utf8')
  }

  row(cells: readonly (string | null)[]): CsvRow {
    const position = this.#position
    const fault = this.#fault
    return fault === undefined ? { cells, position } : { fault, position }
  }

  /**
   * A quote within a cell that has none around it spoils that row; after one that ends a cell too early, or never, no one
   * can tell where cells and rows end.
   * @throws UnreadableFile, by which the parser ends
   */
  fail(error: CsvError): undefined {
    const { index } = error as unknown as InfoField
    const isFirstCell = index === 0
    const position = isFirstCell ? this.#next(error as unknown as InfoField) : this.#position
    if (error.code === 'CSV_MAX_RECORD_SIZE') throw new UnreadableFile('has more than 16 MiB', position)
    const fault = `cell ${index + 1} ${reasons[error.code] ?? error.message}`
    const row = isFirstCell ? this.#begun + 1 : this.#begun
    if (error.code !== 'INVALID_OPENING_QUOTE' || row === 1) throw new UnreadableFile(fault, position)
    if (row === this.#lastFailed) return
    this.#lastFailed = row
    this.#faults.push({ fault, position })
  }

  faultsSoFar(): CsvRow[] {
    const faults = this.#faults
    this.#faults = []
    return faults
  }

  /** The header is no item. */
  #next({ empty_lines: blank }: { empty_lines: number }): Position {
    const line = 1 + this.#begun + this.#lineBreaksInCells + blank
    return this.#begun === 0 ? { line } : { line, item: this.#begun }
  }
}

const reasons: Readonly<Record<string, string>> = {
  CSV_INVALID_CLOSING_QUOTE: 'has a quote that is neither doubled nor its last character',
  INVALID_OPENING_QUOTE: 'has a quote and does not begin with one',
  CSV_QUOTE_NOT_CLOSED: 'begins with a quote that is not closed before the file ends',
}
