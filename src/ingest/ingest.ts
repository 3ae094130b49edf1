import { and, eq } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import { requirePermission, type Caller } from '../core/caller.ts'
import { invalidInput } from '../core/errors.ts'
import { uuidv7 } from '../core/uuid.ts'
import { ingestRejects, sourceFiles } from '../db/schema/schema.ts'
import type { Findings, Reject, Warning } from './findings.ts'
import { readAll } from './findings.ts'
import type { Reader, SourceFile } from './reader.ts'
import { detectReader, readers } from './readers/registry.ts'
import { spool, type SpooledFile } from './spool.ts'
import { storeResults, toRow, type Row, type Source, type Stored } from './store-results.ts'
import { storableText } from './storable.ts'

/** What the ingest use case works with. */
export interface IngestContext {
  readonly db: PostgresJsDatabase
  readonly spoolFolder: string
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

/**
 * What became of a file: `ingested`, all of it went in; `partial`, some records were refused; `quarantined`, nothing
 * went in; `unchanged`, this very content had gone in before, and nothing was done; `skipped`, its format is not known
 * and the sender said to pass over such files.
 */
export interface IngestReport {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly status: 'ingested' | 'partial' | 'quarantined' | 'unchanged' | 'skipped'
  readonly format: string | null
  readonly records: Stored
  readonly rejects: readonly Reject[]
  readonly warnings: readonly Warning[]
}

const maxFileBytes = 4 * 1024 ** 3
const rejectBatch = 1000
const nothing: Stored = { added: 0, replaced: 0, unchanged: 0 }

/**
 * Takes one file in, in one transaction: its records, what was refused of it, and the file's own line.
 * @throws AppError FORBIDDEN, INVALID_INPUT (an unknown format) or PAYLOAD_TOO_LARGE
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
    const about = { path: incoming.path, sha256: spooled.sha256, bytes: spooled.bytes }
    const earlier = await findEarlier(context, caller, spooled)
    if (earlier?.status === 'ingested' && (forced === undefined || earlier.format === forced.id)) {
      const records = { ...nothing, unchanged: earlier.records }
      return { ...about, status: 'unchanged', format: earlier.format, records, rejects: [], warnings: [] }
    }
    const file: SourceFile = { ...about, fallbackTime: incoming.fallbackTime, open: () => spooled.open() }
    const reader = forced ?? detectReader(await head(spooled))
    if (!reader && incoming.skipUnknown) {
      return { ...about, status: 'skipped', format: null, records: nothing, rejects: [], warnings: [] }
    }
    return await store(context, caller, file, reader, await readAll(file, reader))
  } finally {
    await spooled.remove()
  }
}

function readerNamed(id: string): Reader {
  const reader = readers.find((each) => each.id === id)
  if (reader) return reader
  const known = readers.map((each) => each.id).join(', ')
  throw invalidInput([
    {
      message: `Unknown input format ${JSON.stringify(id)}.`,
      path: ['format'],
      suggestion: `Known: ${known}.`,
    },
  ])
}

async function findEarlier(context: IngestContext, caller: Caller, file: SpooledFile) {
  const [earlier] = await context.db
    .select()
    .from(sourceFiles)
    .where(
      and(
        eq(sourceFiles.projectId, caller.projectId),
        eq(sourceFiles.sha256, Buffer.from(file.sha256, 'hex')),
      ),
    )
  return earlier
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

async function store(
  context: IngestContext,
  caller: Caller,
  file: SourceFile,
  reader: Reader | undefined,
  findings: Findings,
): Promise<IngestReport> {
  const { rejects } = findings
  const warnings = [...findings.warnings]
  const status = findings.quarantined ? 'quarantined' : rejects.length > 0 ? 'partial' : 'ingested'
  const records = await context.db.transaction(async (tx) => {
    const line = {
      path: storableText(file.path).value,
      format: reader?.id ?? null,
      status,
      records: findings.records.length,
      rejects: rejects.length,
    }
    const [source] = await tx
      .insert(sourceFiles)
      .values({
        ...line,
        id: uuidv7(),
        projectId: caller.projectId,
        sha256: Buffer.from(file.sha256, 'hex'),
        bytes: BigInt(file.bytes),
      })
      .onConflictDoUpdate({ target: [sourceFiles.projectId, sourceFiles.sha256], set: line })
      .returning({ id: sourceFiles.id })
    const from: Source = {
      projectId: caller.projectId,
      fileId: source!.id,
      path: file.path,
      rank: reader?.rank ?? 0,
    }
    const rows: Row[] = findings.records.map(({ record, position }) => {
      const row = toRow(record, from)
      if (row.replaced > 0) {
        const characters = row.replaced === 1 ? '1 character' : `${row.replaced} characters`
        warnings.push({ ...position, message: `${characters} that Postgres cannot hold became U+FFFD` })
      }
      return row
    })
    // What an earlier reading of the same content refused is told anew.
    await tx.delete(ingestRejects).where(eq(ingestRejects.sourceFileId, source!.id))
    for (let start = 0; start < rejects.length; start += rejectBatch) {
      await tx.insert(ingestRejects).values(
        rejects.slice(start, start + rejectBatch).map((reject) => ({
          projectId: caller.projectId,
          sourceFileId: source!.id,
          line: reject.line ?? null,
          item: reject.item ?? null,
          reason: storableText(reject.reason).value,
          excerpt: storableText(reject.excerpt).value,
        })),
      )
    }
    return storeResults(
      tx,
      from,
      rows.map((each) => each.row),
    )
  })
  const { path, sha256, bytes } = file
  return { path, sha256, bytes, status, format: reader?.id ?? null, records, rejects, warnings }
}
