/** Writes one artifact. Nothing can be seen under its key before `commit` has returned. */
export interface ArtifactWriter {
  /** How many were appended so far. */
  readonly bytes: number
  /** Resolves when the bytes may be followed by more: here, and only here, a slow disk slows an export down. */
  append(bytes: Uint8Array | string): Promise<void>
  /** Makes the artifact durable and visible. */
  commit(): Promise<{ readonly bytes: number; readonly sha256: string }>
  /** Leaves nothing behind; harmless after `commit`. */
  abort(): Promise<void>
}

/** A finished file, open for reading. */
export interface StoredArtifact {
  readonly bytes: number
  /** Each chunk must be used before the next is asked for. */
  readonly body: AsyncIterable<Uint8Array>
  /** Must be called, read to the end or not. */
  close(): Promise<void>
}

/** Keeps finished files, by keys that the server made. */
export interface ArtifactStore {
  /** Starts an artifact, and clears away what an earlier writer of the same key left when it died. */
  begin(key: string): Promise<ArtifactWriter>
  /** Clears away the artifacts whose keys begin so, and what writers of such left; harmless if there is nothing. */
  remove(beginning: string): Promise<void>
  /** @returns undefined if there is none */
  open(key: string): Promise<StoredArtifact | undefined>
}
