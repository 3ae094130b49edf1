import { eq } from 'drizzle-orm'
import { isFinal } from '../core/export-job.ts'
import { exportJobs } from '../db/schema/schema.ts'
import type { ExportContext } from './context.ts'
import type { Claim } from './job-status.ts'

type Stores = Pick<ExportContext, 'artifacts' | 'log'>

/** How the key of an attempt's file begins: each attempt has a file of its own, so that none can touch another's. */
export function attemptKey({ id, attempt }: Pick<Claim, 'id' | 'attempt'>): string {
  return `${id}.${attempt}.`
}

/** Clears away all files of a job that failed. */
export async function discardArtifacts(context: Stores, job: Pick<Claim, 'id'>): Promise<void> {
  await remove(context, job.id, `${job.id}.`)
}

/** Clears away what the attempts before a successful one left when they died. */
export async function discardEarlierAttempts(context: Stores, claim: Claim): Promise<void> {
  for (let attempt = 1; attempt < claim.attempt; attempt++) {
    await remove(context, claim.id, attemptKey({ id: claim.id, attempt }))
  }
}

/**
 * Clears away what an attempt that lost its claim had written, if the job has ended by now. While it goes on, the attempt
 * that has it now may need the parts. Nor is it cleared away if it is the job's file: its success may be known to it too
 * late.
 */
export async function discardIfOver(
  context: Stores & Pick<ExportContext, 'vital'>,
  claim: Claim,
): Promise<void> {
  const [job] = await context.vital
    .select({ status: exportJobs.status, artifactKey: exportJobs.artifactKey })
    .from(exportJobs)
    .where(eq(exportJobs.id, claim.id))
  if (job && !isFinal(job.status)) return
  if (!job?.artifactKey?.startsWith(attemptKey(claim))) await remove(context, claim.id, attemptKey(claim))
}

/** That a file could not be removed is no other end of its job. */
async function remove(context: Stores, job: string, key: string): Promise<void> {
  try {
    await context.artifacts.remove(key)
  } catch (error) {
    context.log.warn({ job, err: error }, 'the file of an export could not be removed')
  }
}
