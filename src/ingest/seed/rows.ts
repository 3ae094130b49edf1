import { hash } from 'node:crypto'
import { Draw } from './draw.ts'
import { harden } from './hostile.ts'
import type { SeedTable } from './table.ts'
import { Sessions } from './timeline.ts'

/** As `copyColumns` has them, and as they stand in `copyLines`. */
export function copyColumns(table: SeedTable): readonly string[] {
  return ['project_id', 'ingest_key', ...table.columns.map((column) => column.name)]
}

/**
 * What the keys of a seed's rows begin with, in lower-case hex; the row's index follows. Keys in a row's own order are put
 * into their index one beside the other: keys that are all digests, as those of other records, made loading slower by a third.
 */
export function keyPrefix(table: SeedTable, seed: number): string {
  return hash('sha256', `["seed","${table.dataset}",${seed}]`).slice(0, 48)
}

/** A row's `ingest_key` in lower-case hex: 32 bytes, as all have. */
export function seedKey(prefix: string, index: number): string {
  return prefix + index.toString(16).padStart(16, '0')
}

/** Large enough that a message costs little, and no larger: the memory of longer texts is taken from the system each time. */
const chunkLength = 32_768

/**
 * Rows as lines of COPY's text format, in large pieces. A row depends on the seed, the dataset and its index alone: not on
 * how many there are, nor on the machine.
 */
export function* copyLines(
  table: SeedTable,
  projectId: number,
  seed: number,
  indexes: Iterable<number>,
): Generator<string> {
  const draw = new Draw()
  const sessions = new Sessions(seed)
  const prefix = keyPrefix(table, seed)
  let chunk = ''
  for (const index of indexes) {
    const cells = table.row({ seed, sessions, draw: draw.begin(seed, table.purpose, index), index })
    harden(cells, table, draw)
    chunk += `${projectId}\t\\\\x${seedKey(prefix, index)}\t${cells.join('\t')}\n`
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  if (chunk !== '') yield chunk
}
