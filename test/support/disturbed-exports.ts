import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp, type TestApp } from './app.ts'
import { killLeftovers, startCli, type RunningCli } from './cli.ts'
import type { Fault } from './die-at.ts'
import { startExport } from './exports.ts'
import { insertGeneratedRows } from './generated-rows.ts'
import { isRunning, until } from './processes.ts'

/** So many records make some dozen parts. */
export const rows = 4000
export const partBytes = 150_000

const never = new AbortController().signal
const preload = (name: string) => `--import=${new URL(name, import.meta.url).href}`

export interface WorkerOptions {
  readonly fault?: Fault
  /** How far its clock is from the machine's. */
  readonly clockShift?: number
  readonly env?: Readonly<Record<string, string>>
}

/** Exports whose workers are processes of their own, on the database and the artifacts of an app that runs none itself. */
export interface DisturbedExports {
  readonly test: TestApp
  /** Starts an export in small parts. */
  readonly start: (format: string, more?: object) => Promise<string>
  /** The digest of an undisturbed run. */
  readonly whole: (format: string) => Promise<string>
  readonly job: (id: string) => Promise<Record<string, unknown>>
  readonly parts: (id: string) => Promise<readonly { part: number; attempt: number; bytes: number }[]>
  readonly folder: () => string
  /** What the artifacts folder holds of a job, hidden files too. */
  readonly files: (id: string) => Promise<readonly string[]>
  readonly startWorker: (options?: WorkerOptions) => RunningCli
  /** As if a lease had run out, so that nobody has to wait for it. */
  readonly endLease: (id: string) => Promise<void>
  readonly claim: () => Promise<Claim>
  /** Runs an export to its end in this process, once it may be claimed. */
  readonly goOn: (id: string) => Promise<void>
  /** Expects a job to have ended with the bytes of an undisturbed run, and nothing else of it to be there. */
  readonly expectWhole: (id: string, format: string) => Promise<void>
  /** Copies an export's files to a folder, under the names that they are downloaded as. */
  readonly save: (id: string, folder: string) => Promise<void>
}

export function useDisturbedExports(): DisturbedExports {
  const test = useTestApp({ workerConcurrency: 0 })
  const sql = () => test.database.client()
  const digests = new Map<string, string>()
  const folder = () => join(test.config().dataDir, 'artifacts')
  beforeAll(() => insertGeneratedRows(sql(), 1, rows))
  afterEach(async () => {
    killLeftovers()
    // What a test that failed left would be claimed in the next one.
    await sql()`update export_jobs set status = 'FAILED' where status in ('QUEUED', 'RUNNING')`
  })
  afterAll(killLeftovers)

  const job = async (id: string) => (await sql()`select * from export_jobs where id = ${id.slice(4)}`)[0]!
  const files = async (id: string) => (await readdir(folder())).filter((name) => name.includes(id.slice(4)))
  const start = async (format: string, more: object = {}) => {
    const { id } = await startExport(test, { source: { evaluationResults: {} }, format, ...more })
    await sql()`update export_jobs set plan = plan || ${sql().json({ partBytes, batchRows: 100 })}
      where id = ${id.slice(4)} and status = 'QUEUED'`
    return id
  }
  const claim = async () => {
    let claimed: Claim | undefined
    await until('an export can be claimed', async () => {
      claimed = await claimNext(test.app().db)
      return claimed !== undefined
    })
    return claimed!
  }
  const goOn = async (id: string) => {
    const claimed = await claim()
    expect(claimed.id).toBe(id.slice(4))
    await runExport(test.app(), claimed, never)
  }
  const whole = async (format: string) => {
    if (!digests.has(format)) {
      const id = await start(format)
      await goOn(id)
      digests.set(format, (await job(id))['sha256'] as string)
    }
    return digests.get(format)!
  }
  return {
    test,
    start,
    whole,
    job,
    parts: async (id) =>
      await sql()<{ part: number; attempt: number; bytes: number }[]>`
        select part, attempt, bytes::int from export_parts where job_id = ${id.slice(4)} order by part`,
    folder,
    files,
    startWorker: ({ fault, clockShift, env } = {}) =>
      startCli(['worker'], {
        env: {
          DATABASE_URL: test.database.url(),
          EVALPORT_DATA_DIR: test.config().dataDir,
          EVALPORT_LOG_LEVEL: 'info',
          NODE_OPTIONS: [
            ...(fault ? [preload('die-at.ts')] : []),
            ...(clockShift === undefined ? [] : [preload('shift-clock.ts')]),
          ].join(' '),
          ...(fault && { FAULT: JSON.stringify(fault) }),
          ...(clockShift !== undefined && { CLOCK_SHIFT: String(clockShift) }),
          ...env,
        },
      }),
    endLease: async (id) => {
      await sql()`update export_jobs set lease_until = now() - interval '1 second'
        where id = ${id.slice(4)} and status = 'RUNNING'`
    },
    claim,
    goOn,
    async expectWhole(id, format) {
      const { status, failure, sha256, rows_written, artifact_key } = await job(id)
      expect({ status, failure, sha256, rows_written }).toEqual({
        status: 'SUCCEEDED',
        failure: null,
        sha256: await whole(format),
        rows_written: String(rows),
      })
      // A worker clears away what others left when its success is already known.
      let names: readonly string[] = []
      const three = async () => (names = await files(id)).length <= 3
      await until('nothing else is there', three).catch(() => {})
      expect(names.map((name) => name.split('.').at(-1)).sort()).toEqual(
        [format.toLowerCase(), 'json', 'sha256sums'].sort(),
      )
      const bytes = await readFile(join(folder(), artifact_key as string))
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
      const parts = await sql()`select part from export_parts where job_id = ${id.slice(4)} order by part`
      expect(parts.map(({ part }) => part as number)).toEqual(parts.map((_, index) => index))
    },
    async save(id, into) {
      const { artifact_key: dataKey, proof } = (await job(id)) as {
        artifact_key: string
        proof: { manifest: { artifactKey: string }; sums: { artifactKey: string } }
      }
      const manifest = await readFile(join(folder(), proof.manifest.artifactKey), 'utf8')
      const { resources } = JSON.parse(manifest) as { resources: [{ path: string }] }
      await mkdir(into, { recursive: true })
      await copyFile(join(folder(), dataKey), join(into, resources[0].path))
      await copyFile(join(folder(), proof.manifest.artifactKey), join(into, 'datapackage.json'))
      await copyFile(join(folder(), proof.sums.artifactKey), join(into, 'SHA256SUMS'))
    },
  }
}

/** The signal that ended a process that was to die. @throws Error with what it said, when it does not */
export async function death(worker: RunningCli): Promise<NodeJS.Signals> {
  await until('the worker has died', () => !isRunning(worker.pid)).catch((error: unknown) => {
    throw new Error(`the worker lives: ${worker.stderr()}`, { cause: error })
  })
  const { signal, stderr } = await worker.ended()
  if (signal === null) throw new Error(`the worker ended by itself: ${stderr}`)
  return signal
}

/** Whether a process is stopped by a signal. */
export function isFrozen(pid: number): boolean {
  return /^.*\) T /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
}
