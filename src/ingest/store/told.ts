import { createHash } from 'node:crypto'
import type { RecordOutput } from '../reader.ts'
import type { KeyPart, OccurredAtSource, RecordFields, Telling } from '../records/record.ts'
import { storableText } from '../storable.ts'
import { cellOf, jsonCell, maxBoundedLength } from './cells.ts'
import { recordTables } from './record-tables.ts'
import { emptyVersion, guessLoss, timeRank, type Version } from './version.ts'

/** A telling as the store works with it. */
export interface Told {
  readonly version: Version
  readonly isRetelling: boolean
  readonly exportedNumber: bigint | undefined
  /** Characters that the database cannot hold, which became U+FFFD. */
  readonly replaced: number
}

/** Where tellings come from. */
export interface TellingSource {
  /** As the sender names the file. */
  readonly path: string
  /** Its reader's. */
  readonly rank: number
}

/** A telling in the database's terms, or every reason why the database cannot hold it. */
export function toTold(output: RecordOutput, source: TellingSource): Told | { problems: string } {
  const table = recordTables[output.kind]
  const telling: Telling<RecordFields> = output.record
  const rank = source.rank * 1000 + (telling.weight ?? 0)
  const ingestKey = digest(telling.naturalKey)
  const matchKey = telling.matchKey === undefined ? null : digest(telling.matchKey)
  const isRetelling = telling.isRetelling === true
  const version = emptyVersion(table, { ingestKey, matchKey, partnerKey: isRetelling ? ingestKey : null })
  const problems: string[] = []
  let replaced = fill(version, telling.fields, rank, problems)
  if (telling.guesses) {
    const guessed = emptyVersion(table, version)
    fill(guessed, telling.guesses, rank - guessLoss, problems)
    guessed.cells.forEach((cell, index) => {
      if (version.cells[index] === null) {
        version.cells[index] = cell
        version.ranks[index] = guessed.ranks[index]!
      }
    })
  }
  const file = table.at('sourceFile')
  if (version.cells[file] === null) {
    version.cells[file] = storableText(source.path).value
    version.ranks[file] = rank
  }
  let replacedInRaw = 0
  for (const [kind, value] of Object.entries(telling.raw)) {
    const cell = jsonCell(value)
    replacedInRaw += cell.replaced
    version.raw.set(kind, { json: cell.value, rank })
  }
  if (problems.length > 0) return { problems: problems.join('; ') }
  // The raw record repeats much of what the fields say; a character that is in both counts once.
  replaced = Math.max(replaced, replacedInRaw)
  return { version, isRetelling, exportedNumber: telling.exportedNumber, replaced }
}

/**
 * Fills in what is told.
 * @param problems is added to: why a field cannot be stored, which is then left out
 * @returns how many characters had to be replaced
 */
export function fill(
  version: Version,
  fields: Partial<RecordFields>,
  rank: number,
  problems: string[],
): number {
  const { table } = version
  let replaced = 0
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue
    const index = table.at(name)
    const { type, isBounded } = table.columns[index]!
    const cell = cellOf(type, value)
    if ('problem' in cell) {
      problems.push(`${name}: ${cell.problem}`)
      continue
    }
    if (isBounded && cell.value.length > maxBoundedLength) {
      problems.push(`${name}: longer than ${maxBoundedLength} characters`)
      continue
    }
    replaced += cell.replaced
    version.cells[index] = cell.value
    version.ranks[index] = rank
  }
  const time = table.at('occurredAt')
  if (version.cells[time] !== null) {
    const source = version.cells[table.at('occurredAtSource')] as OccurredAtSource
    version.ranks[time] = timeRank(source, rank)
  }
  return replaced
}

/** Hex of a key's SHA-256; keys of different kinds of records may be alike, since each kind has a table. */
export function digest(key: readonly KeyPart[]): string {
  return createHash('sha256').update(JSON.stringify(key)).digest('hex')
}
