import { textCell, unknown } from './cells.ts'
import type { Draw } from './draw.ts'
import { deepJson, jsonOf } from './hostile-json.ts'
import {
  controlTexts,
  formulas,
  longText,
  lookalikes,
  markupTexts,
  quotedTexts,
  unicodeTexts,
} from './hostile-texts.ts'
import { leak } from './secrets.ts'
import type { ColumnKind, SeedColumn, SeedTable } from './table.ts'

type Trouble = (cells: string[], table: SeedTable, draw: Draw) => void

/**
 * How many rows in 1024 are hostile, and how; all others are ordinary.
 *
 * | rows | what is in them |
 * | ---: | --- |
 * | 10 | secrets and personal data, made up, in texts and JSON |
 * | 5 | formulas |
 * | 4 | control characters |
 * | 4 | line ends, quotes, separators, backslashes |
 * | 6 | emoji, bidirectional and combined text, noncharacters, byte-order marks |
 * | 4 | HTML, XML, SQL, paths, templates |
 * | 3 | texts that look like numbers, dates, nothing |
 * | 2 | nothing known that need not be |
 * | 1 | empty texts |
 * | 2 | the largest, smallest and most exact numbers |
 * | 1 | the years 1970 and 9999 |
 * | 1 | JSON twenty deep, with large numbers and member names of all kinds |
 * | 1 | a text of 40 KB, and one time in eight of 100 KB |
 *
 * Texts of a hostile row are all hostile, and so is one in four of its names.
 */
const troubles: readonly (readonly [count: number, Trouble])[] = [
  [10, texts((draw) => leak(draw), 'contents')],
  [5, texts((draw) => draw.of(formulas))],
  [4, texts((draw) => draw.of(controlTexts))],
  [4, texts((draw) => draw.of(quotedTexts))],
  [6, texts((draw) => draw.of(unicodeTexts))],
  [4, texts((draw) => draw.of(markupTexts))],
  [3, texts((draw) => draw.of(lookalikes))],
  [2, onEach((cell, _kind, { isOptional }) => (isOptional ? unknown : cell))],
  [1, onEach((cell, kind) => (kind === 'text' || kind === 'name' ? '' : cell))],
  [2, onEach((cell, kind, { name }, draw) => extremeNumber(kind, name, draw) ?? cell)],
  [1, onEach((cell, kind, _, draw) => (kind === 'instant' ? draw.of(farInstants) : cell))],
  [1, deepen],
  [1, lengthen],
]

/** The trouble of each draw of ten bits. */
const byDraw: readonly (Trouble | undefined)[] = (() => {
  const all = troubles.flatMap(([count, trouble]) => Array.from({ length: count }, () => trouble))
  return Array.from({ length: 1024 }, (_, at) => all[at])
})()

/** Spoils one row in twenty-three. */
export function harden(cells: string[], table: SeedTable, draw: Draw): void {
  byDraw[draw.bits() & 1023]?.(cells, table, draw)
}

function onEach(
  change: (cell: string, kind: ColumnKind, column: SeedTable['columns'][number], draw: Draw) => string,
): Trouble {
  return (cells, table, draw) => {
    table.columns.forEach((column, at) => {
      cells[at] = change(cells[at]!, column.kind, column, draw)
    })
  }
}

/** @param where `contents`: not in names, which every reader may see */
function texts(make: (draw: Draw) => string, where: 'everywhere' | 'contents' = 'everywhere'): Trouble {
  return (cells, table, draw) => {
    table.columns.forEach(({ kind, name }, at) => {
      if (kind === 'text') cells[at] = textCell(make(draw))
      else if (kind === 'name' && where === 'everywhere' && draw.once(4)) cells[at] = textCell(make(draw))
      else {
        const json = jsonOf(kind, make, draw)
        if (json !== undefined && (kind === 'json' || where === 'everywhere'))
          setJson(cells, table, name, at, json)
      }
    })
  }
}

/** Beside it, its size. */
function setJson(cells: string[], table: SeedTable, name: string, at: number, json: string): void {
  cells[at] = textCell(json)
  const size = table.columns.findIndex((column) => column.name === `${name}_bytes`)
  if (size >= 0) cells[size] = String(Buffer.byteLength(json))
}

const largest = '9223372036854775807'
const exactFloats = ['5e-324', '1.7976931348623157e308', '-1.7976931348623157e308', '-0', '0.1', '1e-7', '1e21', '123456789.12345679', '0.30000000000000004'] // prettier-ignore
const exactDollars = [
  '1.4e-7',
  '0.000000000001',
  '99999999.999999999999',
  '0',
  '0.100000000000',
  '12345.678901234567',
]
const farInstants = ['1970-01-01 00:00:00+00', '1970-01-01 00:00:00.000001+00', '9999-12-31 23:59:59.999999+00', '9999-12-31 00:00:00+00'] // prettier-ignore

const extremesOf: { readonly [Kind in ColumnKind]?: readonly string[] } = {
  nanoseconds: [largest, '1', '0'],
  int: ['2147483647', '0'],
  float: exactFloats,
  usd: exactDollars,
}

/** Tokens still add up: all of them are input. */
function extremeNumber(kind: ColumnKind, name: string, draw: Draw): string | undefined {
  if (kind === 'tokens') return /^(?:output_tokens|cache|reasoning)/.test(name) ? '0' : largest
  const extremes = extremesOf[kind]
  return extremes && draw.of(extremes)
}

function deepen(cells: string[], table: SeedTable, draw: Draw): void {
  table.columns.forEach(({ kind, name }, at) => {
    if (kind === 'json') setJson(cells, table, name, at, deepJson(20, draw))
  })
}

/** The prompt, or where there is none the first JSON, or the first text that is no path. */
function lengthen(cells: string[], table: SeedTable, draw: Draw): void {
  const text = longText(draw, draw.once(8) ? 100_000 : 40_000)
  const at = (fits: (column: SeedColumn) => boolean) => table.columns.findIndex(fits)
  const prompt = at(({ name }) => name === 'prompt' || name === 'request')
  const json = at(({ kind, name }) => kind === 'json' && name !== 'raw')
  if (prompt < 0 && json >= 0) {
    setJson(cells, table, table.columns[json]!.name, json, JSON.stringify({ content: text }))
  } else {
    cells[prompt >= 0 ? prompt : at(({ kind, name }) => kind === 'text' && name !== 'source_file')] =
      textCell(text)
  }
}
