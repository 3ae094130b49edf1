/** A file beside an export's own: in the store, with its size and digest. */
export interface StoredFile {
  readonly artifactKey: string
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/** What proves an export: its signed manifest, and the sums of both. */
export interface ExportProof {
  readonly manifest: StoredFile
  readonly sums: StoredFile
}

/** The files of a finished export. */
export const exportFiles = ['data', 'manifest', 'sums'] as const
export type ExportFileKind = (typeof exportFiles)[number]
