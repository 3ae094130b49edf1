import { eq } from 'drizzle-orm'
import { callerOfPrincipal } from '../access/callers.ts'
import { hasPermission, type Caller } from '../core/caller.ts'
import { AppError } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import { exportJobId, parseExportJobId } from '../core/public-id.ts'
import { manifestFileName, sumsFileName } from '../core/manifest.ts'
import { exportFiles, type ExportFileKind, type StoredFile } from '../core/proof.ts'
import { exportJobs } from '../db/schema/schema.ts'
import { formatterById } from '../formatters/registry.ts'
import type { StoredArtifact } from '../artifacts/store.ts'
import { planRefusals } from './check-privacy.ts'
import type { ExportContext } from './context.ts'
import { exportFileName } from './file-name.ts'
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
  kind: ExportFileKind = 'data',
  now = Date.now(),
): DownloadLink | undefined {
  const sha256 = storedFile(job, kind)?.sha256
  if (sha256 === undefined || job.status !== 'SUCCEEDED') return undefined
  const refusals = downloadRefusals(caller, job)
  if (refusals.length > 0) {
    throw new AppError('FORBIDDEN', `You may not have this file. ${refusals.join(' ')}`, {
      hint: 'Export what you may see yourself, or ask an admin of the project for the permission.',
    })
  }
  const { principalId } = caller
  const expires = Math.floor(now / 1000) + context.linkMinutes * 60
  const signature = context.links.sign({ jobId: job.id, sha256, principalId, expires })
  const query = new URLSearchParams({ principal: principalId, expires: String(expires), signature })
  return {
    path: `/downloads/${exportJobId(job.id)}${ending(kind)}?${query}`,
    expiresAt: new Date(expires * 1000).toISOString().replace('Z', '000Z'),
  }
}

/** What a file's address ends with. */
function ending(kind: ExportFileKind): string {
  return kind === 'data' ? '' : `/${beside[kind].fileName}`
}

/** What is downloaded beside an export's own file. */
const beside = {
  manifest: { fileName: manifestFileName, mediaType: 'application/json; charset=utf-8' },
  sums: { fileName: sumsFileName, mediaType: 'text/plain; charset=utf-8' },
} as const

/** Where a file of a finished job is, or undefined while, or where, there is none. */
function storedFile(
  job: Pick<ExportJob, 'sha256' | 'artifactKey' | 'bytesWritten' | 'proof'>,
  kind: ExportFileKind,
): StoredFile | undefined {
  if (kind !== 'data') return job.proof?.[kind]
  const { sha256, artifactKey, bytesWritten: bytes } = job
  return sha256 === null || artifactKey === null ? undefined : { sha256, artifactKey, bytes }
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
 * @param address the job's id, and what follows it for another file than its data
 * @throws AppError LINK_INVALID, LINK_EXPIRED or FILE_GONE
 */
export async function openDownload(
  context: Pick<ExportContext, 'db' | 'links' | 'artifacts'>,
  address: string,
  query: URLSearchParams,
  now = Date.now(),
): Promise<Download> {
  const invalid = () =>
    new AppError(
      'LINK_INVALID',
      'This download link is not valid: it was altered, or its caller may not have the file any more.',
      { hint: newLink },
    )
  const [id, kind] = parseAddress(address)
  const names = [...query.keys()]
  if (names.length !== 3 || new Set(names).size !== 3) throw invalid()
  const [principalId, expires, signature] = ['principal', 'expires', 'signature'].map((name) =>
    query.get(name),
  )
  const jobId = id.startsWith('exp_') ? parseExportJobId(id) : undefined
  if (!principalId || !expires || !signature || !jobId || !/^\d{1,12}$/.test(expires)) throw invalid()

  const [job] = await context.db.select().from(exportJobs).where(eq(exportJobs.id, jobId))
  // A job without a file is checked against no digest: such a link was never made.
  const file = job && kind && storedFile(job, kind)
  const claims = { jobId, sha256: file?.sha256 ?? '', principalId, expires: Number(expires) }
  if (!file || String(claims.expires) !== expires || exportJobId(jobId) !== id) throw invalid()
  if (!context.links.verify(claims, signature)) throw invalid()
  if (claims.expires * 1000 <= now) {
    throw new AppError('LINK_EXPIRED', 'This download link has expired.', {
      hint: newLink,
    })
  }
  const caller = await callerOfPrincipal(context.db, principalId)
  if (!caller || caller.projectId !== job.projectId || downloadRefusals(caller, job).length > 0)
    throw invalid()

  if (job.status !== 'SUCCEEDED') throw gone()
  const artifact = await context.artifacts.open(file.artifactKey)
  // Its size is no proof, but a file that was cut or exchanged must not go out under the digest of another.
  const isWhole = artifact?.bytes === file.bytes
  if (!isWhole) await artifact?.close()
  if (!artifact || !isWhole) throw gone()
  return {
    ...(kind === 'data'
      ? {
          fileName: exportFileName(job.plan.dataset, job.plan.format, canonicalTime(job.createdAt)),
          mediaType: formatterById(job.plan.format).mediaType,
        }
      : beside[kind!]),
    sha256: file.sha256,
    principalId,
    ...artifact,
  }
}

function gone(): AppError {
  return new AppError('FILE_GONE', 'The file of this export is no longer kept.', {
    hint: 'Start the export again.',
  })
}

function parseAddress(address: string): [id: string, kind: ExportFileKind | undefined] {
  const at = address.indexOf('/')
  const id = at < 0 ? address : address.slice(0, at)
  return [id, exportFiles.find((kind) => id + ending(kind) === address)]
}
