import { Draw } from './draw.ts'
import { Sessions } from './timeline.ts'

/**
 * What may stand in a column, for those who put hostile values into it: `name` and `text` hold anything, a name no more
 * than 512 characters; `word` is of a fixed vocabulary; `scores`, `words` and `measures` are JSON of one shape, `json` is
 * of any; `bytes` counts those of the JSON whose name the column's begins with.
 */
export type ColumnKind =
  | 'name'
  | 'text'
  | 'word'
  | 'bool'
  | 'int'
  | 'tokens'
  | 'usd'
  | 'float'
  | 'nanoseconds'
  | 'instant'
  | 'json'
  | 'scores'
  | 'words'
  | 'measures'
  | 'bytes'
  | 'rank'

/** What a row is made from. */
export interface RowSource {
  readonly seed: number
  readonly sessions: Sessions
  /** At the row's own numbers. */
  readonly draw: Draw
  /** From 0. */
  readonly index: number
}

/** A dataset as the seed fills it. */
export interface SeedTable {
  readonly dataset: string
  /** From 16 on: which numbers its rows are made from. */
  readonly purpose: number
  /** Every column that rows fill, in the order in which `row` gives them. */
  readonly columns: readonly SeedColumn[]
  /** One ordinary row: cells of COPY's text format in the order of `columns`. */
  row(source: RowSource): string[]
}

export interface SeedColumn {
  readonly name: string
  readonly kind: ColumnKind
  /** Whether it may be unknown. */
  readonly isOptional: boolean
}

/** `?` after a kind: may be unknown. */
type Kinds<Name extends string> = Readonly<Record<Name, ColumnKind | `${ColumnKind}?`>>

/** @param row gives objects whose members are always the same ones in the same order */
export function seedTable<Name extends string>(
  dataset: string,
  purpose: number,
  kinds: Kinds<Name>,
  row: (source: RowSource) => Readonly<Record<Name, string>>,
): SeedTable {
  // The order of the columns is that of a row's members, so that no cell can end in another's column.
  const first = row({ seed: 0, sessions: new Sessions(0), draw: new Draw().begin(0, purpose, 0), index: 0 })
  return {
    dataset,
    purpose,
    columns: (Object.keys(first) as Name[]).map((name) => ({
      name,
      kind: kinds[name].replace('?', '') as ColumnKind,
      isOptional: kinds[name].endsWith('?'),
    })),
    row: (source) => Object.values(row(source)),
  }
}
