import { inArray, eq } from 'drizzle-orm'
import { isFinal } from '../core/export-job.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { shortTransaction } from '../db/short-transaction.ts'
import type { ExportContext } from './context.ts'
import type { Claim } from './job-status/claim.ts'

type Stores = Pick<ExportContext, 'artifacts' | 'vital' | 'log'>

/** How the key of an attempt's file begins: each attempt has a file of its own, so that none can touch another's. */
export function attemptKey({ id, attempt }: Pick<Claim, 'id' | 'attempt'>): string {
  return `${id}.${attempt}.`
}

/**
 * Clears away what the attempts at a job left, all but the files that it ended with. While it goes on, nothing: whoever has
 * it may need the parts. That a file could not be removed is no other end of its job, and it is tried again later.
 */
export async function discardLeftovers(context: Stores, jobId: string): Promise<void> {
  try {
    await shortTransaction(context.vital, async (tx) => {
      // Locked, so that it cannot go on before its files are gone.
      const [job] = await tx.select(ended).from(exportJobs).where(eq(exportJobs.id, jobId)).for('share')
      if (job && needsNothingElse(job)) await context.artifacts.remove(`${jobId}.`, filesOf(job))
    })
  } catch (error) {
    context.log.warn({ job: jobId, err: error }, 'the leftovers of an export could not be removed')
  }
}

const ended = {
  id: exportJobs.id,
  status: exportJobs.status,
  partsDone: exportJobs.partsDone,
  artifactKey: exportJobs.artifactKey,
  proof: exportJobs.proof,
}

type Job = Pick<typeof exportJobs.$inferSelect, 'status' | 'partsDone' | 'artifactKey' | 'proof'>

/** One that failed may have kept its parts, to go on from them when it is tried again. */
function needsNothingElse({ status, partsDone }: Job): boolean {
  return isFinal(status) && !(status === 'FAILED' && partsDone > 0)
}

function filesOf({ status, artifactKey, proof }: Job): ReadonlySet<string> {
  if (status !== 'SUCCEEDED') return new Set()
  const keys = [artifactKey, proof?.manifest.artifactKey, proof?.sums.artifactKey]
  return new Set(keys.filter((key) => typeof key === 'string'))
}

const jobsAtOnce = 500

/**
 * Looks through the whole store for what no job needs: crashes leave such, and workers that were taken over. Whether a job
 * needs a file, the database alone decides. Files of jobs that it does not know may be another database's: they stay.
 * @returns how many files are of unknown jobs
 */
export async function sweepLeftovers(context: Stores): Promise<number> {
  const files = new Map<string, { key: string; isWhole: boolean }[]>()
  for (const file of await context.artifacts.list()) {
    const job = file.key.slice(0, file.key.indexOf('.'))
    files.set(job, [...(files.get(job) ?? []), file])
  }
  let unknown = 0
  const ids = [...files.keys()].filter((id) => /^[0-9a-f-]{36}$/.test(id))
  for (let start = 0; start < ids.length; start += jobsAtOnce) {
    const some = ids.slice(start, start + jobsAtOnce)
    const jobs = await context.vital.select(ended).from(exportJobs).where(inArray(exportJobs.id, some))
    const known = new Map(jobs.map((job) => [job.id, job]))
    for (const id of some) {
      const job = known.get(id)
      if (!job) {
        unknown += files.get(id)!.length
        continue
      }
      const kept = filesOf(job)
      const isOver = ({ key, isWhole }: { key: string; isWhole: boolean }) => !isWhole || !kept.has(key)
      if (needsNothingElse(job) && files.get(id)!.some(isOver)) await discardLeftovers(context, id)
    }
  }
  return unknown
}
