import { UnreadableFile } from '../reader.ts'

/** Far more than any table that a person or a model writes; a file of millions of rows would fill the memory. */
const maxRows = 10_000

/** A line below a table's header. A row with a problem has the cells that could be told apart. */
export interface TableRow {
  /** From 1. */
  readonly line: number
  /** The line as it stands. */
  readonly text: string
  readonly cells: readonly string[]
  readonly problem?: string
}

export interface MarkdownTable {
  readonly line: number
  readonly header: readonly string[]
  readonly rows: readonly TableRow[]
}

/**
 * The pipe tables of a text whose header `isHeader` knows, each up to the next blank line or heading. Cells are
 * trimmed and `\|` is a pipe. A pipe inside a code span does not part cells, unless the row has the header's number
 * of cells only if it does: writers do not agree, and a fence opened in a cell is often never closed.
 *
 * @throws UnreadableFile for more than 10,000 rows
 */
export function markdownTables(
  lines: readonly string[],
  isHeader: (cells: readonly string[]) => boolean,
): MarkdownTable[] {
  const tables: MarkdownTable[] = []
  let rows = 0
  let current: { line: number; header: readonly string[]; closed: boolean; rows: TableRow[] } | undefined
  lines.forEach((text, index) => {
    const line = index + 1
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.startsWith('#')) current = undefined
    else if (current) {
      if (++rows > maxRows) throw new UnreadableFile(`has more than ${maxRows} rows in its tables`, { line })
      if (current.rows.length > 0 || !isRule(trimmed)) current.rows.push(rowOf(trimmed, line, current))
    } else if (trimmed.includes('|')) {
      const row = split(trimmed, true)
      if (!isHeader(row.cells)) return
      current = { line, header: row.cells, closed: row.closed, rows: [] }
      tables.push(current)
    }
  })
  return tables
}

/** The cells of a line that may be a table's header. */
export function headerCells(line: string): readonly string[] {
  return split(line.trim(), true).cells
}

/** `| ----- | :---: |`: the line between header and rows. */
function isRule(line: string): boolean {
  return line.includes('-') && /^[|:\- \t]+$/.test(line)
}

function rowOf(text: string, line: number, table: { header: readonly string[]; closed: boolean }): TableRow {
  const expected = table.header.length
  const byWriter = split(text, true)
  const byPipe = split(text, false)
  const row = byWriter.cells.length !== expected && byPipe.cells.length === expected ? byPipe : byWriter
  const { cells } = row
  // A row cut in the middle of a cell can have the right number of cells; the missing pipe gives it away.
  if (table.closed && !row.closed) {
    return {
      line,
      text,
      cells,
      problem: 'the row does not begin and end with |: it is cut off or broken in two',
    }
  }
  if (cells.length === expected) return { line, text, cells }
  const found = cells.length === 1 ? '1 cell' : `${cells.length} cells`
  return { line, text, cells, problem: `the row has ${found} where the header has ${expected}` }
}

/** The cells of a row, and whether pipes stand at both its ends. */
function split(row: string, spansHoldPipes: boolean): { cells: string[]; closed: boolean } {
  const pipes = separators(row, spansHoldPipes)
  const opened = pipes[0] === 0
  const ended = pipes.length > (opened ? 1 : 0) && pipes.at(-1) === row.length - 1
  const starts = opened ? pipes : [-1, ...pipes]
  const cells = starts.slice(0, ended ? -1 : undefined).map((pipe, index) =>
    row
      .slice(pipe + 1, starts[index + 1])
      .trim()
      .replaceAll('\\|', '|'),
  )
  return { cells, closed: opened && ended }
}

/** Where the pipes stand that part cells: neither escaped nor, if so wished, in a code span. */
function separators(row: string, spansHoldPipes: boolean): number[] {
  const spanEnds = spansHoldPipes ? codeSpans(row) : new Map<number, number>()
  const found: number[] = []
  for (let index = 0; index < row.length; index++) {
    const character = row[index]
    if (character === '\\') index++
    else if (character === '|') found.push(index)
    else if (character === '`') index = (spanEnds.get(index) ?? endOfRun(row, index)) - 1
  }
  return found
}

/** Start and end of what can be a code span: a run of backticks up to the next run of the same length. */
function codeSpans(row: string): Map<number, number> {
  const runs: { start: number; end: number }[] = []
  for (let start = row.indexOf('`'); start >= 0;) {
    const end = endOfRun(row, start)
    runs.push({ start, end })
    start = row.indexOf('`', end)
  }
  const spans = new Map<number, number>()
  const endByLength = new Map<number, number>()
  // From the right, so that every run finds its next partner at once, in a row of any shape.
  for (const { start, end } of runs.reverse()) {
    const partner = endByLength.get(end - start)
    if (partner !== undefined) spans.set(start, partner)
    endByLength.set(end - start, end)
  }
  return spans
}

function endOfRun(row: string, start: number): number {
  let end = start
  while (row[end] === '`') end++
  return end
}
