import { and, eq, isNull } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { uuidv7 } from '../core/uuid.ts'
import { ingestRejects, sourceFiles } from '../db/schema/schema.ts'
import type { Findings } from './findings.ts'
import type { IngestContext } from './ingest.ts'
import type { Reader, SourceFile } from './reader.ts'
import { storableText } from './storable.ts'

/** What is kept of a file: that it came, what became of it, and what was refused. */

type Records = Pick<IngestContext, 'db' | 'scope'>

const rejectBatch = 1000

/** The same content read by the same reader before, in whatever way that ended. */
export async function findEarlier(
  context: Records,
  caller: Caller,
  sha256: string,
  reader: Reader | undefined,
) {
  const [earlier] = await context.scope.transaction(context.db, caller.projectId, (tx) =>
    tx
      .select()
      .from(sourceFiles)
      .where(
        and(
          eq(sourceFiles.projectId, caller.projectId),
          eq(sourceFiles.sha256, Buffer.from(sha256, 'hex')),
          reader ? eq(sourceFiles.format, reader.id) : isNull(sourceFiles.format),
        ),
      ),
  )
  return earlier
}

/** Notes that a file is being read. Returns its number, the same one if it was read before. */
export async function beginFile(
  context: Records,
  caller: Caller,
  file: SourceFile,
  reader: Reader | undefined,
): Promise<string> {
  const line = { path: storableText(file.path).value, status: 'reading', records: 0, rejects: 0 }
  const [source] = await context.scope.transaction(context.db, caller.projectId, (tx) =>
    tx
      .insert(sourceFiles)
      .values({
        ...line,
        id: uuidv7(),
        projectId: caller.projectId,
        format: reader?.id ?? null,
        sha256: Buffer.from(file.sha256, 'hex'),
        bytes: BigInt(file.bytes),
      })
      .onConflictDoUpdate({
        target: [sourceFiles.projectId, sourceFiles.sha256, sourceFiles.format],
        set: line,
      })
      .returning({ id: sourceFiles.id }),
  )
  return source!.id
}

export async function finishFile(
  context: Records,
  caller: Caller,
  sourceFileId: string,
  outcome: { status: string; records: number },
  findings: Findings,
): Promise<void> {
  const { rejects } = findings
  await context.scope.transaction(context.db, caller.projectId, async (tx) => {
    await tx
      .update(sourceFiles)
      .set({ ...outcome, rejects: findings.rejectCount })
      .where(eq(sourceFiles.id, sourceFileId))
    // What an earlier reading of the same content refused is told anew.
    await tx.delete(ingestRejects).where(eq(ingestRejects.sourceFileId, sourceFileId))
    for (let start = 0; start < rejects.length; start += rejectBatch) {
      await tx.insert(ingestRejects).values(
        rejects.slice(start, start + rejectBatch).map((reject) => ({
          projectId: caller.projectId,
          sourceFileId,
          line: reject.line ?? null,
          item: reject.item ?? null,
          reason: storableText(reject.reason).value,
          excerpt: storableText(reject.excerpt).value,
        })),
      )
    }
  })
}
