/** How sure we are of when a record happened, best first. */
export const occurredAtSources = ['event', 'event_assumed_utc', 'git_commit', 'file_mtime', 'ingest'] as const
export type OccurredAtSource = (typeof occurredAtSources)[number]

/** What every record has. */
export interface RecordFields {
  /** RFC 3339 in UTC, up to six decimals. */
  readonly occurredAt: string
  readonly occurredAtSource: OccurredAtSource
  /** Told by our own exports alone; otherwise the path of the file that is read. */
  readonly sourceFile?: string
}

export type KeyPart = string | number | null

/**
 * What one source tells of one record. Several may tell of the same one: what they say is put together field by field,
 * the better source first, so that the order in which they come in makes no difference.
 */
export interface Telling<Fields extends RecordFields> {
  /** What makes it the same record wherever it is told of again by such a source; unique in the project and the dataset. */
  readonly naturalKey: readonly KeyPart[]
  /**
   * A second name, by which a record and its retelling find each other when they share no id: what both know, e.g. the
   * session, the tool, a digest of the arguments, and which of such calls it was.
   */
  readonly matchKey?: readonly KeyPart[]
  /**
   * True for a source that does not know the record's own id (a hook log without call ids, a Markdown report): it joins
   * at most one record with the same match key whose source does know it. False: the natural key is the record's own.
   */
  readonly isRetelling?: boolean
  /** Of two tellings by sources of one rank, the weightier is believed: how much of the record it has seen, 0 to 999. */
  readonly weight?: number
  /** What is known; unknown is absent, never undefined or null. */
  readonly fields: Fields
  /** What is believed only where no source says better, whatever its rank. */
  readonly guesses?: Partial<Fields>
  /**
   * What the source says, as JSON that has lost no digit, under a name for this kind of telling (`pre_tool_use`,
   * `tool_result`), so that the tellings of one record stand beside each other.
   */
  readonly raw: Readonly<Record<string, unknown>>
  /** The number that the record had where it was exported: 1042 of `evr_1042`. */
  readonly exportedNumber?: bigint
}
