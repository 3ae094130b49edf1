import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, expect } from 'vitest'
import { killLeftovers, startCli, startServe, stop, type RunningCli, type ServeProcess } from './cli.ts'
import { insertGeneratedRows } from './generated-rows.ts'
import { isRunning, until } from './processes.ts'

export interface ApiAnswer<Data> {
  readonly status: number
  readonly data?: Data | null
  readonly errors?: readonly { message: string; extensions: { code: string } }[]
}

/** A `serve` process with records to export, in many small parts and pages, so that a fault meets an export in its middle. */
export interface ExportingServer {
  readonly process: () => ServeProcess
  readonly key: () => string
  readonly api: <Data>(document: string, variables?: object) => Promise<ApiAnswer<Data>>
  /** @returns the id of the job, as the database has it */
  readonly start: (format?: string) => Promise<string>
  readonly job: (id: string) => Promise<Record<string, unknown>>
  readonly untilParts: (id: string, parts: number) => Promise<void>
  readonly untilEnded: (id: string, milliseconds?: number) => Promise<void>
  /** Expects the job to have the bytes and the records of an undisturbed run, and nothing besides to be left of it. */
  readonly expectWhole: (id: string) => Promise<Record<string, unknown>>
  /** Another process that works for it. */
  readonly startWorker: () => RunningCli
}

export interface ExportingServerOptions {
  readonly rows: number
  /** Where the server finds the database; otherwise where the test does. */
  readonly url?: () => string
  readonly env?: Readonly<Record<string, string>>
}

export function useExportingServer(
  database: { readonly url: () => string; readonly client: () => Sql },
  { rows, url = database.url, env = {} }: ExportingServerOptions,
): ExportingServer {
  const sql = database.client
  let base = ''
  let server: ServeProcess
  let started = false
  let key = ''
  const digests = new Map<string, Record<string, unknown>>()
  const folder = () => join(base, 'data')
  const settings = () => ({ DATABASE_URL: url(), EVALPORT_LOG_LEVEL: 'info', ...env })

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'evalport-exporting-'))
    server = await startServe(folder(), settings())
    started = true
    key = (await readFile(join(folder(), 'admin.key'), 'utf8')).trim()
    await insertGeneratedRows(sql(), 1, rows)
    await sql()`create function small_parts() returns trigger language plpgsql as
      $$ begin new.plan := new.plan || '{"partBytes": 150000, "batchRows": 50}'; return new; end $$`
    await sql()`create trigger small_parts before insert on export_jobs for each row execute function small_parts()`
  })
  afterAll(async () => {
    if (started && isRunning(server.pid)) await stop(server)
    killLeftovers()
    await rm(base, { recursive: true, force: true })
  })

  const api = async <Data>(document: string, variables: object = {}): Promise<ApiAnswer<Data>> => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: document, variables }),
    })
    return { status: response.status, ...((await response.json()) as object) }
  }
  const start = async (format = 'NDJSON') => {
    const { data, errors } = await api<{ startExport: { job?: { id: string } } }>(
      `mutation ($format: ExportFormat!) { startExport(input: { source: { evaluationResults: {} }, format: $format }) {
        ... on StartExportSuccess { job { id } } } }`,
      { format },
    )
    const id = data?.startExport.job?.id
    if (id === undefined) throw new Error(JSON.stringify(errors ?? data))
    return id.slice(4)
  }
  const job = async (id: string) => (await sql()`select * from export_jobs where id = ${id}`)[0]!
  const untilEnded = (id: string, milliseconds?: number) =>
    until(
      `the export ${id} has ended`,
      async () => ['SUCCEEDED', 'FAILED'].includes((await job(id))['status'] as string),
      milliseconds,
    )
  const whole = async (format: string) => {
    if (!digests.has(format)) {
      const id = await start(format)
      await untilEnded(id)
      const undisturbed = await job(id)
      expect(undisturbed).toMatchObject({ status: 'SUCCEEDED', attempt: 1, rows_written: String(rows) })
      digests.set(format, undisturbed)
    }
    return digests.get(format)!
  }
  return {
    process: () => server,
    key: () => key,
    api,
    start,
    job,
    untilParts: (id, parts) =>
      until(`${parts} parts are committed`, async () => ((await job(id))['parts_done'] as number) >= parts),
    untilEnded,
    async expectWhole(id) {
      const ended = await job(id)
      const format = (ended['plan'] as { format: string }).format.toUpperCase()
      const { sha256, keys, rows_written } = await whole(format)
      const { status, failure } = ended
      expect({ status, failure, sha256: ended['sha256'], keys: ended['keys'] }, server.stderr()).toEqual({
        status: 'SUCCEEDED',
        failure: null,
        sha256,
        keys,
      })
      expect(ended['rows_written']).toBe(rows_written)
      const artifacts = join(folder(), 'artifacts')
      // Attempts that came too late clear up after the job has ended.
      const expected = [format.toLowerCase(), 'json', 'sha256sums'].sort().join()
      await until(`of ${id} its files alone are left`, async () => {
        const names = (await readdir(artifacts)).filter((name) => name.includes(id))
        return (
          names
            .map((name) => name.split('.').at(-1))
            .sort()
            .join() === expected
        )
      })
      const bytes = await readFile(join(artifacts, ended['artifact_key'] as string))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
      return ended
    },
    startWorker: () => startCli(['worker'], { env: { ...settings(), EVALPORT_DATA_DIR: folder() } }),
  }
}
