import type { Sql } from 'postgres'

/** What the database tells of an export when it is over. */
export interface JobRow {
  readonly id: string
  readonly projectId: number
  readonly status: string
  readonly attempt: number
  readonly snapshot: string
  readonly partBytes: number
  readonly parts: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string | null
  readonly artifactKey: string | null
  readonly manifestKey: string | null
  readonly sumsKey: string | null
  readonly keys: { readonly count: string; readonly sum: string; readonly xor: string } | null
  readonly failure: { readonly code: string; readonly message: string } | null
  readonly seconds: number
}

/** @throws Error when one of them is not there */
export async function loadJobs(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, JobRow>> {
  const rows = await sql<JobRow[]>`
    select id, project_id as "projectId", status, attempt, snapshot::text, (plan ->> 'partBytes')::int as "partBytes",
      (select count(*)::int from export_parts where job_id = id) as parts,
      rows_written::int as rows, bytes_written::float8 as bytes, sha256, artifact_key as "artifactKey",
      proof -> 'manifest' ->> 'artifactKey' as "manifestKey", proof -> 'sums' ->> 'artifactKey' as "sumsKey",
      keys, failure, extract(epoch from coalesce(finished_at, now()) - created_at)::float8 as seconds
    from export_jobs where id = any(${[...ids]}::uuid[])`
  const jobs = new Map(rows.map((row) => [row.id, row]))
  for (const id of ids)
    if (!jobs.has(id)) throw new Error(`The export ${id} is not in the database any more.`)
  return jobs
}
