import type { StoredVersion } from './version-rows.ts'
import { copyOf, mergeInto, sameVersion, type Version } from './version.ts'
import type { Told } from './told.ts'

/** A record that is being put together: what the database has of it, and what it becomes. */
export interface WorkingRecord {
  readonly version: Version
  /** The live rows that it takes the place of: none for a new record, two where a record met its retelling. */
  readonly rows: StoredVersion[]
  /** Whether the batch tells of it; others were only found by a key. */
  isTold: boolean
}

/**
 * The records that a batch is about, found by their keys. A record whose source knows its id and a retelling with the
 * same match key become one; of several such records, a retelling joins one, since it tells of one.
 */
export class WorkingSet {
  readonly #byIngestKey = new Map<string, WorkingRecord>()
  /** Records with a retelling, by the retelling's own key. */
  readonly #byPartnerKey = new Map<string, WorkingRecord>()
  /** Records without a retelling, by match key. */
  readonly #lone = new Map<string, Set<WorkingRecord>>()
  /** Retellings without their record, by match key. */
  readonly #loneRetellings = new Map<string, Set<WorkingRecord>>()
  readonly #records = new Set<WorkingRecord>()

  constructor(stored: readonly StoredVersion[]) {
    for (const each of stored) this.#enter(recordOf(each))
  }

  /** Those that were told of. */
  told(): WorkingRecord[] {
    return [...this.#records].filter((record) => record.isTold)
  }

  add(told: Told): void {
    const { version, isRetelling } = told
    const known = isRetelling
      ? this.#byPartnerKey.get(version.ingestKey)
      : this.#byIngestKey.get(version.ingestKey)
    if (known) {
      this.#leave(known)
      if (known.version.matchKey === null || prefersKey(version, known.version)) {
        known.version.matchKey = version.matchKey
      }
      mergeInto(known.version, version)
    }
    const record = known ?? { version, rows: [], isTold: true }
    record.isTold = true
    this.#enter(record)
    this.#joinPartner(record)
  }

  /** Puts a record and its retelling together, if each is there without the other. */
  #joinPartner(record: WorkingRecord): void {
    const { matchKey, partnerKey } = record.version
    const isLone = isLoneRetelling(record)
    if (matchKey === null || (partnerKey !== null && !isLone)) return
    const other = first((isLone ? this.#lone : this.#loneRetellings).get(matchKey))
    if (!other) return
    const [main, retelling] = isLone ? [other, record] : [record, other]
    this.#leave(main)
    this.#leave(retelling)
    mergeInto(main.version, retelling.version)
    main.version.partnerKey = retelling.version.ingestKey
    main.rows.push(...retelling.rows)
    main.isTold = true
    this.#enter(main)
  }

  #enter(record: WorkingRecord): void {
    const { ingestKey, matchKey, partnerKey } = record.version
    this.#records.add(record)
    this.#byIngestKey.set(ingestKey, record)
    if (partnerKey !== null) this.#byPartnerKey.set(partnerKey, record)
    if (matchKey === null) return
    if (isLoneRetelling(record)) add(this.#loneRetellings, matchKey, record)
    else if (partnerKey === null) add(this.#lone, matchKey, record)
  }

  #leave(record: WorkingRecord): void {
    const { ingestKey, matchKey, partnerKey } = record.version
    this.#records.delete(record)
    this.#byIngestKey.delete(ingestKey)
    if (partnerKey !== null) this.#byPartnerKey.delete(partnerKey)
    if (matchKey === null) return
    this.#lone.get(matchKey)?.delete(record)
    this.#loneRetellings.get(matchKey)?.delete(record)
  }
}

/** A record as the database has it, ready to be changed. */
export function recordOf(stored: StoredVersion): WorkingRecord {
  return { version: copyOf(stored.version), rows: [stored], isTold: false }
}

/** Whether the record differs from what the database has of it. */
export function isChanged({ version, rows }: WorkingRecord): boolean {
  return rows.length !== 1 || !sameVersion(version, rows[0]!.version)
}

function isLoneRetelling({ version }: WorkingRecord): boolean {
  return version.partnerKey === version.ingestKey
}

/** Two files may count the same calls differently; whichever comes first, one of their keys stays. */
function prefersKey(one: Version, other: Version): boolean {
  return one.matchKey !== null && other.matchKey !== null && one.matchKey > other.matchKey
}

function add(map: Map<string, Set<WorkingRecord>>, key: string, record: WorkingRecord): void {
  const set = map.get(key)
  if (set) set.add(record)
  else map.set(key, new Set([record]))
}

/** The one with the least key, so that it is the same one whichever came first. */
function first(records: Set<WorkingRecord> | undefined): WorkingRecord | undefined {
  let found: WorkingRecord | undefined
  for (const record of records ?? []) {
    if (!found || record.version.ingestKey < found.version.ingestKey) found = record
  }
  return found
}
