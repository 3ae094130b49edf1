import type { Draw } from './draw.ts'
import { unicodeTexts } from './hostile-texts.ts'
import type { ColumnKind } from './table.ts'

/** JSON of the column's own shape around hostile texts; undefined for a column that holds none. */
export function jsonOf(kind: ColumnKind, make: (draw: Draw) => string, draw: Draw): string | undefined {
  if (kind === 'json')
    return JSON.stringify({ command: make(draw), list: [make(draw), null, true], [make(draw)]: { '': '' } })
  if (kind === 'scores') return JSON.stringify([{ name: make(draw), label: make(draw), value: 0.5 }])
  if (kind === 'words') return JSON.stringify([make(draw)])
  if (kind === 'measures') return JSON.stringify({ [make(draw)]: { value: 1, unit: 's' } })
  return undefined
}

const large = [
  '12345678901234567890123456789.000000001',
  '9007199254740993',
  '0.10',
  '-1',
  '100000000000000000000',
]

/** Objects and arrays in turn, so many of them inside each other. */
export function deepJson(depth: number, draw: Draw): string {
  if (depth === 0) return draw.of(large)
  const inner = deepJson(depth - 1, draw)
  if (depth % 2 === 0) return `[${draw.of(large)},${inner},null]`
  const name = JSON.stringify(draw.of(unicodeTexts))
  return `{${name}:${inner},"constructor":"","toJSON":false}`
}
