import type { Parts } from './parts.ts'
import type { Told } from './told.ts'
import type { StoredVersion } from './version-rows.ts'
import { clearMade, copyOf, mergeInto, sameVersion, type Version } from './version.ts'

/** A record that is being put together: what the database has of it, and what it becomes. */
export interface WorkingRecord {
  /** What is told, without what was made of it. */
  readonly version: Version
  /** Where it has a retelling. */
  readonly parts?: Parts
  /** The live rows that it takes the place of: none for a new record, two where a record met its retelling. */
  readonly rows: readonly StoredVersion[]
  /** Whether the batch tells of it; others were only found by a key. */
  readonly isTold: boolean
}

/** What a record's own sources say of it, or a retelling, and the row that it stands in. */
interface Part {
  readonly version: Version
  readonly row: StoredVersion | undefined
  isTold: boolean
}

/**
 * The records that a batch is about, found by their keys. Records whose sources know their ids and retellings with the
 * same match key are put together in the order of their keys, one with one: so it does not matter who comes first, and
 * none is lost where they are not equally many.
 */
export class WorkingSet {
  readonly #own = new Map<string, Part>()
  readonly #retellings = new Map<string, Part>()
  /** Match keys of which something new was told: who is put together with whom is decided anew. */
  readonly #open = new Set<string>()

  /** @param stored all rows with the keys and match keys of what will be told */
  constructor(stored: readonly StoredVersion[]) {
    for (const row of stored) {
      const { own, retelling } = partsOf(row)
      if (own) this.#own.set(own.ingestKey, { version: own, row, isTold: false })
      if (retelling) this.#retellings.set(retelling.ingestKey, { version: retelling, row, isTold: false })
    }
  }

  add({ version, isRetelling }: Told): void {
    const side = isRetelling ? this.#retellings : this.#own
    const part = side.get(version.ingestKey)
    if (part) {
      part.isTold = true
      const before = part.version.matchKey
      // Two files may count the same calls differently; whichever comes first, the greater key stays.
      if (version.matchKey !== null && (before === null || version.matchKey > before)) {
        part.version.matchKey = version.matchKey
        this.#open.add(version.matchKey)
        if (before !== null) this.#open.add(before)
      }
      mergeInto(part.version, version)
    } else {
      side.set(version.ingestKey, { version, row: undefined, isTold: true })
      if (version.matchKey !== null) this.#open.add(version.matchKey)
    }
  }

  /** Those that were told of, and those that are put together otherwise than before. */
  told(): WorkingRecord[] {
    const partners = this.#partners()
    const records: WorkingRecord[] = []
    for (const own of this.#own.values()) records.push(joined(own, partners.get(own)))
    const taken = new Set(partners.values())
    for (const retelling of this.#retellings.values()) {
      if (!taken.has(retelling)) records.push(alone(retelling))
    }
    return records.filter((record) => record.isTold || isOpen(record, this.#open))
  }

  /** Who is put together with whom. */
  #partners(): ReadonlyMap<Part, Part> {
    const partners = new Map<Part, Part>()
    const own = byMatchKey(this.#own.values(), this.#open)
    const retellings = byMatchKey(this.#retellings.values(), this.#open)
    for (const [matchKey, records] of own) {
      records.forEach((record, index) => {
        const retelling = retellings.get(matchKey)?.[index]
        if (retelling) partners.set(record, retelling)
      })
    }
    // Where nothing new was told, they stay together.
    for (const retelling of this.#retellings.values()) {
      const { row, version } = retelling
      if (!row?.parts || this.#open.has(version.matchKey!)) continue
      const record = this.#own.get(row.parts.own.ingestKey)
      if (record) partners.set(record, retelling)
    }
    return partners
  }
}

/** A record as the database has it, ready to be changed. */
export function recordOf(row: StoredVersion): WorkingRecord {
  const { own, retelling } = partsOf(row)
  const part = (version: Version): Part => ({ version, row, isTold: false })
  return own ? joined(part(own), retelling && part(retelling)) : alone(part(retelling!))
}

/** Whether the record differs from what the database has of it. */
export function isChanged({ version, parts, rows }: WorkingRecord): boolean {
  const [row, ...others] = rows
  if (!row || others.length > 0 || !sameVersion(version, row.version)) return true
  if (!parts || !row.parts) return parts !== row.parts
  return !sameVersion(parts.own, row.parts.own) || !sameVersion(parts.retelling, row.parts.retelling)
}

function joined(own: Part, retelling: Part | undefined): WorkingRecord {
  const version = copyOf(own.version)
  const rows = own.row ? [own.row] : []
  if (!retelling) return { version, rows, isTold: own.isTold }
  mergeInto(version, retelling.version)
  version.partnerKey = retelling.version.ingestKey
  // A retelling that stood in a row of its own stands there no more.
  if (retelling.row && isAlone(retelling.row)) rows.push(retelling.row)
  const parts = { own: own.version, retelling: retelling.version }
  return { version, parts, rows, isTold: own.isTold || retelling.isTold }
}

function alone({ version, row, isTold }: Part): WorkingRecord {
  return { version: copyOf(version), rows: row && isAlone(row) ? [row] : [], isTold }
}

/** Whether a row is a retelling without its record. */
function isAlone({ version }: StoredVersion): boolean {
  return version.partnerKey === version.ingestKey
}

/** What a row knows from whom, without what was made of it. */
function partsOf(row: StoredVersion): { own?: Version; retelling?: Version } {
  if (row.parts) return { own: copyOf(row.parts.own), retelling: copyOf(row.parts.retelling) }
  const version = copyOf(row.version)
  clearMade(version)
  return isAlone(row) ? { retelling: version } : { own: version }
}

function isOpen({ version }: WorkingRecord, open: ReadonlySet<string>): boolean {
  return version.matchKey !== null && open.has(version.matchKey)
}

/** The parts with one of the match keys, each list in the order of their own keys. */
function byMatchKey(parts: Iterable<Part>, open: ReadonlySet<string>): ReadonlyMap<string, Part[]> {
  const lists = new Map<string, Part[]>()
  for (const part of parts) {
    const { matchKey } = part.version
    if (matchKey === null || !open.has(matchKey)) continue
    const list = lists.get(matchKey)
    if (list) list.push(part)
    else lists.set(matchKey, [part])
  }
  for (const list of lists.values()) list.sort((a, b) => (a.version.ingestKey < b.version.ingestKey ? -1 : 1))
  return lists
}
