import { eq } from 'drizzle-orm'
import type { Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import { exportJobId, parseExportJobId } from '../core/public-id.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { formatterById } from '../formatters/registry.ts'
import type { StoredArtifact } from '../artifacts/store.ts'
import type { ExportContext } from './context.ts'
import { canonicalTime } from '../core/time.ts'

/** Where a finished export can be fetched, for a while, without another key: the link stands for its caller's. */
export interface DownloadLink {
  /** Path and query. */
  readonly path: string
  /** RFC 3339, UTC. */
  readonly expiresAt: string
}

/** The link to a finished job's file, or undefined while there is none. */
export function downloadLink(
  context: Pick<ExportContext, 'links' | 'linkMinutes'>,
  caller: Caller,
  job: ExportJob,
  now = Date.now(),
): DownloadLink | undefined {
  if (job.sha256 === null) return undefined
  const expires = Math.floor(now / 1000) + context.linkMinutes * 60
  const signature = context.links.sign({ jobId: job.id, sha256: job.sha256, keyId: caller.keyId, expires })
  const query = new URLSearchParams({ key: caller.keyId, expires: String(expires), signature })
  return {
    path: `/downloads/${exportJobId(job.id)}?${query}`,
    expiresAt: new Date(expires * 1000).toISOString().replace('Z', '000Z'),
  }
}

const newLink = 'Ask for a new one: query exportJob { file { downloadUrl } }, or run evalport download.'

export interface Download extends StoredArtifact {
  readonly fileName: string
  readonly mediaType: string
  readonly sha256: string
}

/**
 * What a link stands for. The signature covers every parameter; the database is asked again each time, whether the
 * job still has that file and whether the link's caller may still read it.
 * @param findCaller the caller of an API key's id, or undefined if it is no longer good
 * @throws AppError LINK_INVALID, LINK_EXPIRED or FILE_GONE
 */
export async function openDownload(
  context: Pick<ExportContext, 'db' | 'links' | 'artifacts'>,
  findCaller: (keyId: string) => Promise<Caller | undefined>,
  id: string,
  query: URLSearchParams,
  now = Date.now(),
): Promise<Download> {
  const invalid = () =>
    new AppError('LINK_INVALID', 'This download link is not valid: it was altered, or its key was revoked.', {
      hint: newLink,
    })
  const names = [...query.keys()]
  if (names.length !== 3 || new Set(names).size !== 3) throw invalid()
  const [keyId, expires, signature] = [query.get('key'), query.get('expires'), query.get('signature')]
  const jobId = id.startsWith('exp_') ? parseExportJobId(id) : undefined
  if (!keyId || !expires || !signature || !jobId || !/^\d{1,12}$/.test(expires)) throw invalid()

  const [job] = await context.db.select().from(exportJobs).where(eq(exportJobs.id, jobId))
  // A job without a file is checked against no digest: such a link was never made.
  const claims = { jobId, sha256: job?.sha256 ?? '', keyId, expires: Number(expires) }
  if (!job?.sha256 || String(claims.expires) !== expires || exportJobId(jobId) !== id) throw invalid()
  if (!context.links.verify(claims, signature)) throw invalid()
  if (claims.expires * 1000 <= now) {
    throw new AppError('LINK_EXPIRED', 'This download link has expired.', {
      hint: newLink,
    })
  }
  const caller = await findCaller(keyId)
  if (!caller || caller.projectId !== job.projectId) throw invalid()

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
    ...artifact,
  }
}

/** E.g. `evaluation-results_2026-11-23T091500Z.csv`: no character that any file system minds. */
export function exportFileName(dataset: string, format: string, createdAt: string): string {
  const time = createdAt.replace(/\.\d+Z$/, 'Z').replaceAll(':', '')
  return `${dataset.replaceAll('_', '-')}_${time}.${formatterById(format).extension}`
}
