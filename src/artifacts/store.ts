/** Bytes that have been made durable together. */
export interface StoredPart {
  readonly bytes: number
  /** Lower-case hex. */
  readonly sha256: string
}

/** Writes one artifact. Nothing can be seen under its key before `commit` has returned. */
export interface ArtifactWriter {
  /** How many were appended so far, those of kept parts among them. */
  readonly bytes: number
  /** Resolves when the bytes may be followed by more: here, and only here, a slow disk slows an export down. */
  append(bytes: Uint8Array | string): Promise<void>
  /** Ends a part: what was appended since the last one is durable when it resolves. More may be appended meanwhile. */
  endPart(): Promise<StoredPart>
  /** Makes the artifact durable and visible. */
  commit(): Promise<{ readonly bytes: number; readonly sha256: string }>
  /** Stops writing and leaves the parts to be resumed from. */
  suspend(): Promise<void>
  /** Leaves nothing behind; harmless after `commit` and `suspend`. */
  abort(): Promise<void>
}

/** A finished file, open for reading. */
export interface StoredArtifact {
  readonly bytes: number
  /** From one byte to before another. Each chunk must be used before the next is asked for. */
  read(start: number, end: number): AsyncIterable<Uint8Array>
  /** Must be called, read to the end or not. */
  close(): Promise<void>
}

/** Something in the store: a finished artifact, or one that somebody writes, or wrote when they died. */
export interface StoredName {
  readonly key: string
  readonly isWhole: boolean
}

/** Keeps finished files, by keys that the server made. */
export interface ArtifactStore {
  /** Starts an artifact, and clears away what an earlier writer of the same key left when it died. */
  begin(key: string): Promise<ArtifactWriter>
  /**
   * Starts an artifact with the parts that an earlier writer, of another key, made durable: so that the earlier one may
   * still write without harm. Every part is read and compared with its digest.
   * @param beginning how the earlier key begins
   * @returns undefined if not all of that is there; nothing was started then
   */
  resume(key: string, beginning: string, parts: readonly StoredPart[]): Promise<ArtifactWriter | undefined>
  /**
   * Clears away the artifacts whose keys begin so, and what writers of such left; harmless if there is nothing.
   * @param kept the finished ones among them that stay
   */
  remove(beginning: string, kept?: ReadonlySet<string>): Promise<void>
  /** All that is there, in no order. */
  list(): Promise<readonly StoredName[]>
  /** @returns undefined if there is none */
  open(key: string): Promise<StoredArtifact | undefined>
}
