import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { App } from '../../src/app.ts'
import type { Caller } from '../../src/core/caller.ts'
import { AppError } from '../../src/core/errors.ts'
import type { ExportJob } from '../../src/core/export-job.ts'
import { cancelExport, deleteExportFiles, retryExport } from '../../src/exports/change-job.ts'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { requestExport } from '../../src/exports/request.ts'
import { runExport } from '../../src/exports/run.ts'
import type { TestApp } from './app.ts'
import { lapse } from './job-model.ts'
import { callerOf } from './keys.ts'
import { openSecondApp } from './worker.ts'

/** Everything that can happen to jobs, as commands of a model-based test. Workers go on beside them. */

export const formats = ['csv', 'ndjson'] as const
export type Format = (typeof formats)[number]

export const specOf = (format: Format) => ({
  dataset: 'evaluation_results',
  filter: [],
  direction: 'ASC' as const,
  format,
  formatOptions: {},
  privacy: [],
})

/** What follows from the commands alone, whatever workers do beside them. */
export interface Model {
  isRevoked: boolean
  readonly keys: Map<string, { job: string; format: Format }>
}

/** What the test has in hand. */
export interface Real {
  readonly test: TestApp
  /** Whoever looks after the jobs, */
  readonly admin: Caller
  /** and whose key asks for them. */
  readonly user: { readonly id: string; readonly secret: string }
  readonly workers: (App | undefined)[]
  readonly jobs: string[]
  /** Of workers that fell silent. */
  readonly claims: Claim[]
  readonly background: Promise<unknown>[]
}

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string
  readonly #work: (model: Model, real: Real) => Promise<unknown>
  constructor(name: string, work: (model: Model, real: Real) => Promise<unknown>) {
    this.#name = name
    this.#work = work
  }
  check = () => true
  run = async (model: Model, real: Real) => void (await this.#work(model, real))
  toString = () => this.#name
}

const any = fc.nat(1000)
const pick = <Value>(from: readonly Value[], number: number): Value | undefined => from[number % from.length]

/** What the owner asks for is either done, or refused for the state that the job is in, and nothing else. */
function change(name: string, work: typeof cancelExport, refused: readonly string[]) {
  return fc.tuple(any, fc.boolean()).map(
    ([number, isAwaited]) =>
      new Command(`${name}(${number}${isAwaited ? '' : ', beside the next'})`, async (_, real) => {
        const job = pick(real.jobs, number)
        if (job === undefined) return
        const asked = work(real.test.app(), real.admin, job).then(
          ({ id }: ExportJob) => assert.equal(id, job),
          (error: unknown) => {
            if (!(error instanceof AppError) || error.code !== 'CONFLICT') throw error
            const status = / is (\w+) and /.exec(error.message)?.[1]?.toUpperCase()
            assert.ok(status !== undefined && refused.includes(status), error.message)
          },
        )
        // Heard at the end; until then a failure must not count as unhandled.
        asked.catch(() => {})
        real.background.push(asked)
        if (isAwaited) await asked
      }),
  )
}

const start = fc.tuple(fc.constantFrom(...formats), fc.option(fc.constantFrom('a', 'b', 'c'))).map(
  ([format, key]) =>
    new Command(`start(${format}, ${key})`, async (model, { test, user, jobs }) => {
      if (model.isRevoked) {
        await assert.rejects(callerOf(test, user.secret), { code: 'UNAUTHENTICATED' })
        return
      }
      const request = { spec: specOf(format), idempotencyKey: key ?? undefined }
      const asked = requestExport(test.app(), await callerOf(test, user.secret), request)
      const earlier = key === null ? undefined : model.keys.get(key)
      if (earlier && earlier.format !== format) {
        await assert.rejects(asked, { code: 'CONFLICT', message: new RegExp(earlier.job) })
        return
      }
      const { job, isRepeat } = await asked
      assert.equal(isRepeat, earlier !== undefined)
      if (earlier) assert.equal(job.id, earlier.job)
      else jobs.push(job.id)
      if (key !== null) model.keys.set(key, { job: job.id, format })
    }),
)

const onSome = (name: string, work: (test: TestApp, job: string, number: number) => Promise<unknown>) =>
  any.map(
    (number) =>
      new Command(`${name}(${number})`, async (_, real) => {
        const job = pick(real.jobs, number)
        if (job !== undefined) await work(real.test, job, number)
      }),
  )

const once = (name: string, work: (model: Model, real: Real) => Promise<unknown>) =>
  fc.constant(new Command(name, work))

const none = new AbortController().signal
const sqlOf = (test: TestApp) => test.database.client()

/** A worker takes a job and falls silent; perhaps the job is cancelled before anybody knows. */
const kill = fc.boolean().map(
  (isCancelled) =>
    new Command(`kill${isCancelled ? ' and cancel' : ''}`, async (_, { test, admin, claims }) => {
      const claim = await claimNext(test.app().vital, test.app().limits)
      if (!claim) return
      claims.push(claim)
      if (isCancelled) await cancelExport(test.app(), admin, claim.id)
      await lapse(test, claim.id)
    }),
)

const wakeUp = once('wake up', async (_, { test, claims, background }) => {
  const claim = claims.shift()
  if (claim) background.push(runExport(test.app(), claim, none))
})

/** Lets workers come to an end with what they have, if there are any and it takes them no longer than some seconds. */
const quiet = once('await quiet', async (_, { test }) => {
  for (let tries = 0; tries < 30; tries++) {
    const [left] = await sqlOf(test)`select count(*)::int as count from export_jobs
      where status in ('QUEUED', 'RUNNING', 'CANCELLING')`
    if (left!['count'] === 0) return
    await delay(100)
  }
})

const weighted: readonly [weight: number, fc.Arbitrary<Command>][] = [
  [5, start],
  [3, change('cancel', cancelExport, ['SUCCEEDED', 'FAILED', 'EXPIRED'])],
  [4, change('retry', retryExport, ['SUCCEEDED', 'EXPIRED'])],
  [2, change('delete', deleteExportFiles, ['QUEUED', 'RUNNING', 'CANCELLING'])],
  [
    2,
    onSome(
      'expire',
      (test, job) => sqlOf(test)`update export_jobs set expires_at = now() - interval '1 second',
        finished_at = finished_at - interval '2 days' where id = ${job}`,
    ),
  ],
  [
    1,
    onSome(
      'grow too old',
      (test, job) =>
        sqlOf(test)`update export_jobs set queued_at = now() - interval '73 hours' where id = ${job}`,
    ),
  ],
  [
    2,
    onSome(
      'meet a fault',
      (test, job, number) => sqlOf(test)`insert into faults values (${job}, ${number % 4})
        on conflict (job) do update set part = excluded.part`,
    ),
  ],
  [1, onSome('be mended', (test, job) => sqlOf(test)`delete from faults where job = ${job}`)],
  [2, onSome('fall silent', (test, job) => lapse(test, job))],
  [3, kill],
  [2, wakeUp],
  [1, fc.nat(1).map((at) => new Command(`stop or start worker ${at}`, (_, real) => toggleWorker(real, at)))],
  [1, once('revoke', (model, real) => setRevoked(model, real, true))],
  [3, once('restore', (model, real) => setRevoked(model, real, false))],
  [2, quiet],
  [4, fc.nat(400).map((ms) => new Command(`pause(${ms})`, () => delay(ms)))],
]

/** In random order. */
export const commands = fc.array(
  fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))),
  { minLength: 30, maxLength: 60, size: 'max' },
)

export async function toggleWorker({ test, workers }: Real, at: number): Promise<void> {
  const worker = workers[at]
  workers[at] = undefined
  if (worker) await worker.close()
  else workers[at] = await openSecondApp(test, 2)
}

async function setRevoked(model: Model, { test, user }: Real, isRevoked: boolean): Promise<void> {
  model.isRevoked = isRevoked
  const sql = sqlOf(test)
  await sql`update principals set revoked_at = ${isRevoked ? sql`now()` : null} where id = ${user.id}`
}
