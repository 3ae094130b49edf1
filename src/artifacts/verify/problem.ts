/**
 * What can be wrong:
 * - MISSING: a piece is not there, or is no regular file
 * - SUMS: the sums file is not as it was written, or says otherwise than the manifest
 * - MANIFEST: the manifest is not as it was written, or contradicts itself
 * - SIGNATURE: the manifest is not what its key signed
 * - SIGNER: it is signed by another key than the one that was given
 * - SIZE, DIGEST, PART: the file, or a piece of it, has other bytes
 * - ROWS, COLUMNS, FORMAT: what the file holds, read by its format, is not what the manifest says
 */
export const problemKinds = [
  'MISSING',
  'SUMS',
  'MANIFEST',
  'SIGNATURE',
  'SIGNER',
  'SIZE',
  'DIGEST',
  'PART',
  'ROWS',
  'COLUMNS',
  'FORMAT',
] as const
export type ProblemKind = (typeof problemKinds)[number]

/** One thing that is wrong with an export. */
export interface VerifyProblem {
  readonly kind: ProblemKind
  /** The name of the file it is wrong with. */
  readonly file: string
  /** Where in it, e.g. `part 3 of 9, rows 20,001 to 30,000, bytes 4096 to 8191`; absent: as a whole. */
  readonly where?: string
  /** What is wrong, in a sentence. */
  readonly message: string
  /** What that means for whoever has the file. */
  readonly meaning: string
}
