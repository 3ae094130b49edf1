import { occurredAtSources, type OccurredAtSource } from '../records/record.ts'
import { canonicalText, prefers, sameCell } from './cells.ts'
import type { RecordTable } from './record-tables.ts'

/**
 * What is known of a record: for each field its cell and how much that is believed. Putting two together takes field by
 * field what is believed more, of what is believed alike always the same one: in whatever order and however often a
 * record is told of, the same comes out.
 */
export interface Version {
  readonly table: RecordTable
  ingestKey: string
  matchKey: string | null
  /** See `partner_key` in `db/schema/record-columns.ts`. */
  partnerKey: string | null
  /** In the order of the table's columns; null is unknown. */
  readonly cells: (string | null)[]
  /** How much each cell is believed; of a time, how it is known counts before who says it. */
  readonly ranks: number[]
  /** What sources said, as JSON by kind of telling. */
  readonly raw: Map<string, { readonly json: string; readonly rank: number }>
}

/** The rank of what we made of other fields: below all that is told, and made anew whenever they change. */
export const madeRank = -100_000
/** What a guess loses against everything that is known, however little its source is believed. */
export const guessLoss = 50_000
/** More than any rank, so that how a time is known counts before who says it. */
const timeStep = 1_000_000

/** The rank of a time that is known in that way from a source of that rank. */
export function timeRank(source: OccurredAtSource, rank: number): number {
  return (occurredAtSources.length - occurredAtSources.indexOf(source)) * timeStep + rank
}

/** What `timeRank` was made with. */
export function rankInTime(rank: number): number {
  return rank % timeStep
}

export function emptyVersion(
  table: RecordTable,
  keys: Pick<Version, 'ingestKey' | 'matchKey' | 'partnerKey'>,
): Version {
  return {
    table,
    ...keys,
    cells: table.columns.map(() => null),
    ranks: table.columns.map(() => 0),
    raw: new Map(),
  }
}

/** Adds to `version` what `more` knows better. */
export function mergeInto(version: Version, more: Version): void {
  const { columns } = version.table
  const time = version.table.at('occurredAt')
  const timeSource = version.table.at('occurredAtSource')
  for (let index = 0; index < columns.length; index++) {
    const cell = more.cells[index]!
    if (cell === null || index === timeSource) continue
    const present = version.cells[index]!
    const gain = more.ranks[index]! - version.ranks[index]!
    // Of times known alike, the first: what is told of a record's end does not move its beginning.
    const wins =
      present === null ||
      gain > 0 ||
      (gain === 0 && (index === time ? cell < present : prefers(columns[index]!.type, cell, present)))
    if (!wins) continue
    version.cells[index] = cell
    version.ranks[index] = more.ranks[index]!
    if (index === time) version.cells[timeSource] = more.cells[timeSource]!
  }
  for (const [kind, told] of more.raw) {
    const present = version.raw.get(kind)
    const wins =
      !present ||
      told.rank > present.rank ||
      (told.rank === present.rank && prefers('json', told.json, present.json))
    if (wins) version.raw.set(kind, told)
  }
}

/** Whether nothing of a version differs: not what is known, nor how much it is believed. */
export function sameVersion(one: Version, other: Version): boolean {
  if (
    one.ingestKey !== other.ingestKey ||
    one.matchKey !== other.matchKey ||
    one.partnerKey !== other.partnerKey
  ) {
    return false
  }
  const { columns } = one.table
  // How a time is known has no rank of its own.
  const timeSource = one.table.at('occurredAtSource')
  for (let index = 0; index < columns.length; index++) {
    if (!sameCell(columns[index]!.type, one.cells[index]!, other.cells[index]!)) return false
    if (one.cells[index] !== null && index !== timeSource && one.ranks[index] !== other.ranks[index])
      return false
  }
  if (one.raw.size !== other.raw.size) return false
  for (const [kind, told] of one.raw) {
    const present = other.raw.get(kind)
    if (present?.rank !== told.rank) return false
    if (present.json !== told.json && canonicalText(present.json) !== canonicalText(told.json)) return false
  }
  return true
}

export function copyOf(version: Version): Version {
  return {
    ...version,
    cells: [...version.cells],
    ranks: [...version.ranks],
    raw: new Map(version.raw),
  }
}

/** Takes away what was made of other fields, since it may not follow from them any more. */
export function clearMade(version: Version): void {
  version.ranks.forEach((rank, index) => {
    if (rank !== madeRank) return
    version.cells[index] = null
    version.ranks[index] = 0
  })
}
