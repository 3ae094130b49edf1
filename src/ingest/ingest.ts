import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import { requireStill } from '../access/authenticate.ts'
import { requirePermission, type Caller } from '../core/caller.ts'
import { invalidInput } from '../core/errors.ts'
import type { ProjectScope } from '../db/project-scope.ts'
import type { TextRedaction } from '../privacy/text-redaction.ts'
import { beginFile, findEarlier, finishFile } from './file-record.ts'
import { Findings } from './findings.ts'
import type { PriceTable } from './normalise/prices.ts'
import type { Reader, SourceFile } from './reader.ts'
import { detectReader, readers } from './readers/registry.ts'
import { mayCompare, shownTo, type IngestReport } from './report.ts'
import { spool, type SpooledFile } from './spool.ts'
import { recordKinds, recordTables } from './store/record-tables.ts'
import { nothingStored, type Stored, type StoredOfFile } from './store/store-batch.ts'
import { takeIn } from './take-in.ts'

/** What the ingest use case works with. */
export interface IngestContext {
  readonly db: PostgresJsDatabase
  /** A client that Drizzle does not know, for many records at once. */
  readonly bulk: Sql
  /** What keeps a transaction within one project. */
  readonly scope: ProjectScope
  readonly redaction: TextRedaction
  readonly spoolFolder: string
  /** What computed costs are made with. */
  readonly prices: PriceTable
}

/** A file on its way in. */
export interface IncomingFile {
  /** As the sender names it; stored, never opened. */
  readonly path: string
  readonly fallbackTime: SourceFile['fallbackTime']
  /** A reader's id; undefined: found by the content. */
  readonly format: string | undefined
  /** Passes over a file of no known format, instead of putting it into quarantine. */
  readonly skipUnknown?: boolean
  readonly body: AsyncIterable<Uint8Array>
}

const maxFileBytes = 4 * 1024 ** 3
const knownFormats = readers.map((each) => each.id).join(', ')
const none: Stored = { added: 0, replaced: 0, unchanged: 0 }
const nothing = {
  records: none,
  datasets: {},
  madeMetrics: 0,
  tests: 0,
  refused: 0,
  rejects: [],
  warned: 0,
  warnings: [],
}

/**
 * Takes one file in, a batch of its records in each transaction. If it ends early, taking the same file in again adds
 * what is missing.
 * @throws AppError FORBIDDEN or UNAUTHENTICATED, also when the caller is ended or changed meanwhile; INVALID_INPUT (an
 * unknown format); PAYLOAD_TOO_LARGE
 */
export async function ingestFile(
  context: IngestContext,
  caller: Caller,
  incoming: IncomingFile,
): Promise<IngestReport> {
  requirePermission(caller, 'records:write')
  const forced = incoming.format === undefined ? undefined : readerNamed(incoming.format)
  const spooled = await spool(context.spoolFolder, incoming.body, maxFileBytes)
  try {
    // Receiving it may have taken an hour.
    await requireStill(context.db, caller, 'records:write')
    const about = { path: incoming.path, sha256: spooled.sha256, bytes: spooled.bytes }
    const reader = forced ?? detectReader(await head(spooled))
    if (!reader && incoming.skipUnknown) return { ...about, ...nothing, status: 'skipped', format: null }
    const earlier = mayCompare(caller)
      ? await findEarlier(context, caller, spooled.sha256, reader)
      : undefined
    if (earlier?.status === 'ingested') {
      const records = { ...none, unchanged: earlier.records }
      return { ...about, ...nothing, records, status: 'unchanged', format: earlier.format }
    }
    const file: SourceFile = { ...about, fallbackTime: incoming.fallbackTime, open: () => spooled.open() }
    return shownTo(caller, await read(context, caller, file, reader))
  } finally {
    await spooled.remove()
  }
}

function readerNamed(id: string): Reader {
  const reader = readers.find((each) => each.id === id)
  if (reader) return reader
  throw invalidInput([
    {
      message: `Unknown input format ${JSON.stringify(id)}.`,
      path: ['format'],
      suggestion: `Known: ${knownFormats}.`,
    },
  ])
}

/** The first 64 KiB as text. */
async function head(file: SpooledFile): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of file.open()) {
    parts.push(part)
    bytes += part.length
    if (bytes >= 65_536) break
  }
  return new TextDecoder().decode(Buffer.concat(parts).subarray(0, 65_536), { stream: true })
}

/** Reads a file with its reader; without one, or when it is not what it seems, it is put into quarantine. */
async function read(
  context: IngestContext,
  caller: Caller,
  file: SourceFile,
  reader: Reader | undefined,
): Promise<IngestReport> {
  const sourceFileId = await beginFile(context, caller, file, reader)
  const findings = new Findings(context.redaction.text)
  let stored = { ...nothingStored(), tests: 0 }
  if (reader) {
    const { prices } = context
    stored = await takeIn(
      context,
      { projectId: caller.projectId, sourceFileId, prices },
      file,
      reader,
      findings,
      () => requireStill(context.db, caller, 'records:write'),
    )
  } else {
    findings.reject(
      `not a known format (known: ${knownFormats}); name one to be told why it is not read as such`,
      {},
      '',
    )
  }
  const { records, datasets } = countsOf(stored)
  const told = records.added + records.replaced + records.unchanged + stored.tests
  const status = findings.rejectCount === 0 ? 'ingested' : told === 0 ? 'quarantined' : 'partial'
  await finishFile(context, caller, sourceFileId, { status, records: told }, findings)
  const { path, sha256, bytes } = file
  return {
    path,
    sha256,
    bytes,
    status,
    format: reader?.id ?? null,
    records,
    datasets,
    madeMetrics: stored.madeMetrics,
    tests: stored.tests,
    refused: findings.rejectCount,
    rejects: findings.rejects,
    warned: findings.warningCount,
    warnings: findings.warnings,
  }
}

function countsOf(stored: StoredOfFile) {
  const records = { ...none }
  const datasets: Record<string, Stored> = {}
  for (const kind of recordKinds) {
    const counts = stored.byKind[kind]
    if (counts.added + counts.replaced + counts.unchanged > 0) datasets[recordTables[kind].table] = counts
    records.added += counts.added
    records.replaced += counts.replaced
    records.unchanged += counts.unchanged
  }
  return { records, datasets }
}
