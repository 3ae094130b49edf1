import { printable } from './printable.ts'

/** Columns padded to their widest cell; the last one is not, so that no line ends in spaces. */
export function formatTable(header: readonly string[], cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ')
  return [header, ...rows].map((row) => `${line(row)}\n`).join('')
}
