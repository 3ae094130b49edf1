import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Sql } from 'postgres'
import { verifyExports } from '../src/artifacts/verify/verify.ts'
import type { JobRow } from './job-row.ts'
import type { Journal } from './journal.ts'
import type { ExportLine } from './results.ts'
import { countBySql } from './spec.ts'
import type { Asked } from './storm.ts'

export interface ComparisonContext {
  readonly sql: Sql
  readonly journal: Journal
  readonly artifacts: string
  /** Where both files of an export that is not as it should be are kept. */
  readonly evidence: string
  /** For what is needed for a moment. */
  readonly scratch: string
}

/** Compares a disturbed export with its undisturbed twin, byte by byte and row by row, and with what SQL counts. */
export async function compare(
  context: ComparisonContext,
  { id, spec }: Asked,
  { job, twin, isStuck }: { readonly job: JobRow; readonly twin: JobRow; readonly isStuck: boolean },
): Promise<ExportLine> {
  const problems: string[] = []
  const wrong = (is: boolean, what: string) => {
    if (is) problems.push(what)
    return !is
  }
  const counted = await countBySql(context.sql, spec, twin)
  wrong(twin.status !== 'SUCCEEDED', `the undisturbed export ended as ${twin.status}: ${failureOf(twin)}`)
  wrong(twin.attempt !== 1, `the undisturbed export took ${twin.attempt} attempts`)
  wrong(isStuck, 'it did not end in time')
  const ended = wrong(!isStuck && job.status !== 'SUCCEEDED', `it ended as ${job.status}: ${failureOf(job)}`)
  let bytesEqual = false
  let rowsEqual = false
  if (ended && job.status === 'SUCCEEDED' && twin.status === 'SUCCEEDED') {
    const [own, other] = await Promise.all([digest(context.artifacts, job), digest(context.artifacts, twin)])
    wrong(own !== job.sha256, 'its file is not what its digest says')
    bytesEqual = wrong(own !== other, 'its bytes differ from those of the undisturbed export')
    rowsEqual = wrong(
      job.keys!.count !== counted.count ||
        job.keys!.sum !== counted.sum ||
        job.rows !== Number(counted.count),
      `its rows (${job.keys!.count}, sum of ids ${job.keys!.sum}) are not those that SQL counts (${counted.count}, ${counted.sum})`,
    )
    wrong(job.keys!.xor !== twin.keys!.xor, 'its records are not those of the undisturbed export')
    problems.push(...(await unproven(context, job)))
  }
  problems.push(...(await filesLeft(context.artifacts, job)))
  if (problems.length > 0) await keepEvidence(context, job, twin, problems)
  await discard(context.artifacts, [job, twin])
  return {
    kind: 'export',
    id,
    dataset: spec.dataset,
    format: spec.format,
    size: spec.size,
    input: spec.input,
    partBytes: job.partBytes,
    status: job.status,
    attempts: job.attempt,
    partsResumed: (context.journal.resumed.get(id) ?? []).reduce((sum, parts) => sum + parts, 0),
    parts: job.parts,
    rows: job.rows,
    bytes: job.bytes,
    seconds: Math.round(job.seconds * 1000) / 1000,
    bytesEqual,
    rowsEqual,
    problems,
  }
}

function failureOf({ failure }: JobRow): string {
  return failure ? `${failure.code}, ${failure.message}` : 'no failure is told'
}

async function digest(artifacts: string, job: JobRow): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(join(artifacts, job.artifactKey!)), hash)
  return hash.digest('hex')
}

/** What `evalport verify` says of the file: it reads it again, row by row. */
async function unproven({ artifacts, scratch }: ComparisonContext, job: JobRow): Promise<string[]> {
  const folder = join(scratch, job.id)
  await mkdir(folder, { recursive: true })
  try {
    const manifest = await readFile(join(artifacts, job.manifestKey!), 'utf8')
    const { resources } = JSON.parse(manifest) as { resources: [{ path: string }] }
    await link(join(artifacts, job.artifactKey!), join(folder, resources[0].path))
    await writeFile(join(folder, 'datapackage.json'), manifest)
    await link(join(artifacts, job.sumsKey!), join(folder, 'SHA256SUMS'))
    const { problems } = await verifyExports(folder, undefined)
    return problems.map(({ file, message }) => `verify: ${file}: ${message}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A finished export leaves three files, a failed one none, however many attempts there were. */
async function filesLeft(artifacts: string, job: JobRow): Promise<string[]> {
  const names = (await readdir(artifacts)).filter((name) => name.includes(job.id))
  const own = [job.artifactKey, job.manifestKey, job.sumsKey]
  const wanted = job.status === 'SUCCEEDED' ? own : []
  const more = names.filter((name) => !wanted.includes(name))
  const final = job.status === 'SUCCEEDED' || job.status === 'FAILED'
  return final && more.length > 0 ? [`attempts left ${more.join(', ')}`] : []
}

async function keepEvidence(
  { sql, artifacts, evidence, journal }: ComparisonContext,
  job: JobRow,
  twin: JobRow,
  problems: readonly string[],
): Promise<void> {
  const folder = join(evidence, job.id)
  await mkdir(folder, { recursive: true })
  const names = await readdir(artifacts)
  for (const name of names.filter((each) => each.includes(job.id) || each.includes(twin.id)))
    await copyFile(join(artifacts, name), join(folder, name))
  const rows = await sql`select * from export_jobs where id in (${job.id}, ${twin.id})`
  const parts =
    await sql`select job_id, part, attempt, rows, bytes, encode(sha256, 'hex') as sha256, last_time, last_id
    from export_parts where job_id in (${job.id}, ${twin.id}) order by job_id, part`
  const told = { claims: journal.claims.get(job.id), resumed: journal.resumed.get(job.id) }
  const text = JSON.stringify({ problems, told, rows, parts }, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  await writeFile(join(folder, 'evidence.json'), text)
}

/** So that thousands of exports fit on the disk. */
async function discard(artifacts: string, jobs: readonly JobRow[]): Promise<void> {
  const names = await readdir(artifacts)
  const theirs = names.filter((name) => jobs.some(({ id }) => name.includes(id)))
  await Promise.all(theirs.map((name) => rm(join(artifacts, name), { force: true })))
}
