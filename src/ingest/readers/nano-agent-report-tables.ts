import { headerCells, markdownTables } from './markdown-table.ts'
import type { TableRow } from './markdown-table.ts'

/** The tables of a report, told apart by their columns, since headings vary; each beside a `Model` column. */
export const tableKinds = {
  responses: { title: 'Agent Responses', columns: ['response'] },
  grades: {
    title: 'Results Summary',
    columns: ['performance grade', 'speed grade', 'cost grade', 'overall grade'],
  },
  metrics: {
    title: 'Performance Metrics',
    columns: ['execution time', 'total tokens', 'total cost', 'input tokens', 'output tokens'],
  },
} as const

export type TableKind = keyof typeof tableKinds
export type ColumnName = (typeof tableKinds)[TableKind]['columns'][number]
export const kindNames = Object.keys(tableKinds) as TableKind[]

/** What one table says about one model. */
export interface Mention {
  readonly kind: TableKind
  readonly row: TableRow
  /** As the cell has it, without emphasis. */
  readonly model: string
  /** The cells by header, as written. */
  readonly written: Readonly<Record<string, string>>
  /** The cell of a known column; undefined when the table has no such column. */
  cell(column: ColumnName): string | undefined
}

export interface ReportTables {
  /** In the order of the file. A table may come in several pieces. */
  readonly mentions: readonly Mention[]
  readonly missing: readonly TableKind[]
  /** Columns that a table lacks, or has and we do not know. */
  readonly oddities: readonly { readonly line: number; readonly message: string }[]
}

export function reportTables(lines: readonly string[]): ReportTables {
  const mentions: Mention[] = []
  const oddities: { line: number; message: string }[] = []
  const seen = new Set<TableKind>()
  for (const table of markdownTables(lines, (cells) => kindOf(cells) !== undefined)) {
    const kind = kindOf(table.header)!
    seen.add(kind)
    const names = table.header.map(columnName)
    oddities.push(...columnOddities(kind, names).map((message) => ({ line: table.line, message })))
    for (const row of table.rows) {
      mentions.push({
        kind,
        row,
        model: unadorned(row.cells[names.indexOf('model')] ?? ''),
        written: Object.fromEntries(table.header.map((header, index) => [header, row.cells[index] ?? ''])),
        cell: (column) => {
          const index = names.indexOf(column)
          return index < 0 ? undefined : row.cells[index]
        },
      })
    }
  }
  return { mentions, missing: kindNames.filter((kind) => !seen.has(kind)), oddities }
}

/** A model, a grade or a figure without the emphasis or code marks around it. */
export function unadorned(cell: string): string {
  let text = cell.trim()
  for (const mark of ['**', '__', '`', '*', '_']) {
    const isMarked = text.length > 2 * mark.length && text.startsWith(mark) && text.endsWith(mark)
    if (isMarked) text = text.slice(mark.length, -mark.length).trim()
  }
  return text
}

/** Whether a line heads grades or figures; tables of models and responses are in other texts too. */
export function headsResults(line: string): boolean {
  const kind = line.includes('|') ? kindOf(headerCells(line)) : undefined
  return kind === 'grades' || kind === 'metrics'
}

function kindOf(header: readonly string[]): TableKind | undefined {
  const names = header.map(columnName)
  if (!names.includes('model')) return undefined
  return kindNames.find((kind) => tableKinds[kind].columns.some((column) => names.includes(column)))
}

function columnName(header: string): string {
  return unadorned(header).toLowerCase().replace(/\s+/g, ' ')
}

function columnOddities(kind: TableKind, names: readonly string[]): string[] {
  const { title, columns } = tableKinds[kind]
  const known: readonly string[] = ['model', ...columns]
  const odd = names.filter((name, index) => !known.includes(name) || names.indexOf(name) !== index)
  return [
    ...known
      .filter((name) => !names.includes(name))
      .map((name) => `the table ${title} has no column "${name}"`),
    ...odd.map(
      (name) =>
        `the table ${title} has a column "${name}" that is not known or not the first; it is kept in raw only`,
    ),
  ]
}
