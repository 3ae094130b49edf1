import { eq } from 'drizzle-orm'
import { callerOfPrincipal } from '../access/callers.ts'
import { hasPermission, type Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import { exportJobId, parseExportJobId } from '../core/public-id.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { formatterById } from '../formatters/registry.ts'
import type { StoredArtifact } from '../artifacts/store.ts'
import { planRefusals } from './check-privacy.ts'
import type { ExportContext } from './context.ts'
import { canonicalTime } from '../core/time.ts'

/** Where a finished export can be fetched, for a while, without another key: the link stands for its caller's. */
export interface DownloadLink {
  /** Path and query. */
  readonly path: string
  /** RFC 3339, UTC. */
  readonly expiresAt: string
}

/**
 * The link to a finished job's file, or undefined while there is none.
 * @throws AppError FORBIDDEN for a caller who may not have what the file holds
 */
export function downloadLink(
  context: Pick<ExportContext, 'links' | 'linkMinutes'>,
  caller: Caller,
  job: ExportJob,
  now = Date.now(),
): DownloadLink | undefined {
  if (job.sha256 === null) return undefined
  const refusals = downloadRefusals(caller, job)
  if (refusals.length > 0) {
    throw new AppError('FORBIDDEN', `You may not have this file. ${refusals.join(' ')}`, {
      hint: 'Export what you may see yourself, or ask an admin of the project for the permission.',
    })
  }
  const { principalId } = caller
  const expires = Math.floor(now / 1000) + context.linkMinutes * 60
  const signature = context.links.sign({ jobId: job.id, sha256: job.sha256, principalId, expires })
  const query = new URLSearchParams({ principal: principalId, expires: String(expires), signature })
  return {
    path: `/downloads/${exportJobId(job.id)}?${query}`,
    expiresAt: new Date(expires * 1000).toISOString().replace('Z', '000Z'),
  }
}

/** Why a caller may not have a job's file: it may be another's, who may see more. */
export function downloadRefusals(caller: Caller, job: Pick<ExportJob, 'plan'>): readonly string[] {
  const missing = (['exports:read', 'records:read'] as const).filter((each) => !hasPermission(caller, each))
  if (missing.length > 0) return [`It takes ${missing.join(' and ')}.`]
  return planRefusals(caller, job.plan)
}

const newLink = 'Ask for a new one: query exportJob { file { downloadUrl } }, or run evalport download.'

export interface Download extends StoredArtifact {
  readonly fileName: string
  readonly mediaType: string
  readonly sha256: string
  /** For whom the link was made. */
  readonly principalId: string
}

/**
 * What a link stands for. The signature covers every parameter; the database is asked again each time, whether the
 * job still has that file and whether the link's caller may still read it.
 * @throws AppError LINK_INVALID, LINK_EXPIRED or FILE_GONE
 */
export async function openDownload(
  context: Pick<ExportContext, 'db' | 'links' | 'artifacts'>,
  id: string,
  query: URLSearchParams,
  now = Date.now(),
): Promise<Download> {
  const invalid = () =>
    new AppError(
      'LINK_INVALID',
      'This download link is not valid: it was altered, or its caller may not have the file any more.',
      { hint: newLink },
    )
  const names = [...query.keys()]
  if (names.length !== 3 || new Set(names).size !== 3) throw invalid()
  const [principalId, expires, signature] = ['principal', 'expires', 'signature'].map((name) =>
    query.get(name),
  )
  const jobId = id.startsWith('exp_') ? parseExportJobId(id) : undefined
  if (!principalId || !expires || !signature || !jobId || !/^\d{1,12}$/.test(expires)) throw invalid()

  const [job] = await context.db.select().from(exportJobs).where(eq(exportJobs.id, jobId))
  // A job without a file is checked against no digest: such a link was never made.
  const claims = { jobId, sha256: job?.sha256 ?? '', principalId, expires: Number(expires) }
  if (!job?.sha256 || String(claims.expires) !== expires || exportJobId(jobId) !== id) throw invalid()
  if (!context.links.verify(claims, signature)) throw invalid()
  if (claims.expires * 1000 <= now) {
    throw new AppError('LINK_EXPIRED', 'This download link has expired.', {
      hint: newLink,
    })
  }
  const caller = await callerOfPrincipal(context.db, principalId)
  if (!caller || caller.projectId !== job.projectId || downloadRefusals(caller, job).length > 0)
    throw invalid()

  const artifact = job.artifactKey === null ? undefined : await context.artifacts.open(job.artifactKey)
  // Its size is no proof, but a file that was cut or exchanged must not go out under the digest of another.
  const isWhole = artifact?.bytes === job.bytesWritten
  if (!isWhole) await artifact?.close()
  if (!artifact || !isWhole)
    throw new AppError('FILE_GONE', 'The file of this export is no longer kept.', {
      hint: 'Start the export again.',
    })
  return {
    fileName: exportFileName(job.plan.dataset, job.plan.format, canonicalTime(job.createdAt)),
    mediaType: formatterById(job.plan.format).mediaType,
    sha256: job.sha256,
    principalId,
    ...artifact,
  }
}

/** E.g. `evaluation-results_2026-11-23T091500Z.csv`: no character that any file system minds. */
export function exportFileName(dataset: string, format: string, createdAt: string): string {
  const time = createdAt.replace(/\.\d+Z$/, 'Z').replaceAll(':', '')
  return `${dataset.replaceAll('_', '-')}_${time}.${formatterById(format).extension}`
}
