import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { cancelExport, deleteExportFiles } from '../../src/exports/change-job.ts'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { fail } from '../../src/exports/job-status/held.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { filesOf, lapse, makeSmallFaultyParts, rowOf, uuidOf, wrongFiles } from '../support/job-model.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import { openStream, statesOf, streamAnswers, watchBySocket } from '../support/subscriptions.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
const never = new AbortController().signal
const ndjson = { source: { evaluationResults: {} }, format: 'NDJSON' }
const statusOf = async (id: string) => (await rowOf(test, id))['status'] as string

interface Answer {
  readonly __typename: string
  readonly message?: string
  readonly hint?: string
  readonly job?: { readonly status: string; readonly version: number }
}

async function cancel(id: string, key?: string): Promise<Answer> {
  const { data } = await test.query<{ cancelExport: Answer }>(
    `mutation ($id: ID!) { cancelExport(id: $id) { __typename ... on CancelExportSuccess { job { status version } }
      ... on UserError { message hint } } }`,
    { id },
    key,
  )
  return data.cancelExport
}

async function claim(): Promise<Claim> {
  const claimed = await claimNext(test.app().db)
  if (!claimed) throw new Error('no job waits')
  return claimed
}

/** Of any export, at any stage of a query: nobody else reads records here. */
async function queriesOf(id: string): Promise<number> {
  const [row] = await sql()`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and state = 'active' and starts_with(query, ${`/* export ${uuidOf(id)}.`})`
  return row!['count'] as number
}

beforeAll(async () => {
  await insertGeneratedRows(sql(), 1, 6000)
  await makeSmallFaultyParts(sql(), 100_000)
})
let worker: App | undefined
beforeEach(() => sql()`delete from export_jobs`)
afterEach(async () => {
  await worker?.close()
  worker = undefined
})

it('ends a job that waits at once, and tells whoever follows it', async () => {
  const { id } = await startExport(test, ndjson)
  const stream = streamAnswers(await openStream(test, id))
  expect((await stream.next()).value).toMatchObject({
    data: { exportJobUpdated: { status: 'QUEUED', version: 1 } },
  })
  expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLED', version: 2 } })
  const answers = []
  for await (const answer of stream) answers.push(answer)
  expect(statesOf(answers)).toMatchObject([{ status: 'CANCELLED', version: 2, file: null, failure: null }])
  expect(await rowOf(test, id)).toMatchObject({ finished_at: expect.any(Date) as Date, lease_until: null })
  expect(await claimNext(test.app().db)).toBeUndefined()
})

it('ends a job that runs, tells so, and leaves nothing of it', async () => {
  const { id } = await startExport(test, ndjson)
  // It cannot end before it is cancelled: its fourth part waits for us.
  const blocker = await sql().reserve()
  await blocker`begin`
  await blocker.unsafe(`create function wait_for_test() returns trigger language plpgsql as
    $$ begin if new.part = 3 then perform pg_advisory_xact_lock(78); end if; return new; end $$`)
  await blocker`create trigger wait_for_test before insert on export_parts for each row execute function wait_for_test()`
  await blocker`commit`
  await blocker`begin`
  await blocker`select pg_advisory_xact_lock(78)`
  const watched = watchBySocket(test, id)
  const running = runExport(test.app(), await claim(), never)
  await eventually(async () => Number((await rowOf(test, id))['parts_done']) === 3)
  expect(await filesOf(test, id)).toHaveLength(1)
  // The commit that waits holds the row; whoever cancels waits for it, and comes next.
  const cancelling = cancel(id)
  await blocker`commit`
  blocker.release()
  expect((await cancelling).job?.status).toMatch(/^CANCELL(ING|ED)$/)
  await running
  await sql()`drop trigger wait_for_test on export_parts`
  expect(await rowOf(test, id)).toMatchObject({
    status: 'CANCELLED',
    parts_done: 0,
    lease_until: null,
    phase: null,
    sha256: null,
  })
  expect(await filesOf(test, id)).toEqual([])
  expect(await queriesOf(id)).toBe(0)
  expect(statesOf(await watched).at(-1)).toMatchObject({ status: 'CANCELLED', file: null })
})

it('ends the queries of the job, however long they would take', async () => {
  const { id } = await startExport(test, ndjson)
  // As slow as can be: what reads the records waits for a lock, for ever.
  const blocker = await sql().reserve()
  await blocker`begin`
  await blocker`lock table evaluation_results in access exclusive mode`
  try {
    const running = runExport(test.app(), await claim(), never)
    // The page, the count and the estimate.
    await eventually(async () => (await queriesOf(id)) === 3)
    const follower = watchBySocket(test, id)
    expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLING' } })
    expect(await cancel(id)).toMatchObject({ job: {} })
    await running
    expect(await statusOf(id)).toBe('CANCELLED')
    await eventually(async () => (await queriesOf(id)) === 0)
    expect(await filesOf(test, id)).toEqual([])
    expect(statesOf(await follower).at(-1)).toMatchObject({ status: 'CANCELLED' })
  } finally {
    await blocker`rollback`
    blocker.release()
  }
})

it('has another worker end what a frozen or dead one had, once its lease has run out', async () => {
  const { id } = await startExport(test, ndjson)
  const lost = await claim()
  expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLING' } })
  worker = await openSecondApp(test, 1)
  // A job that is claimed, run and ended after that shows that the worker has looked at both.
  const other = await startExport(test, ndjson)
  expect(await awaitJob(test, other.id)).toMatchObject({ status: 'SUCCEEDED' })
  expect(await statusOf(id)).toBe('CANCELLING')
  await lapse(test, id)
  await eventually(async () => (await statusOf(id)) === 'CANCELLED')
  const ended = await rowOf(test, id)
  // The frozen one wakes up, and can neither write nor leave anything.
  await runExport(test.app(), lost, never)
  expect(await rowOf(test, id)).toEqual(ended)
  expect(await filesOf(test, id)).toEqual([])
})

it('is harmless when asked for again, and refuses what has ended otherwise', async () => {
  const { id } = await startExport(test, ndjson)
  await cancel(id)
  const cancelled = await rowOf(test, id)
  expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLED', version: 2 } })
  expect(await rowOf(test, id)).toEqual(cancelled)

  const failed = await startExport(test, ndjson)
  await fail(test.app().db, await claim(), { code: 'INTERNAL', message: 'for the test' })
  const done = await startExport(test, ndjson)
  await runExport(test.app(), await claim(), never)
  const gone = await startExport(test, ndjson)
  await runExport(test.app(), await claim(), never)
  await deleteExportFiles(test.app(), await callerOf(test), uuidOf(gone.id))
  for (const [job, status] of [
    [failed, 'failed'],
    [done, 'succeeded'],
    [gone, 'expired'],
  ] as const) {
    const before = await rowOf(test, job.id)
    const answer = await cancel(job.id)
    expect(answer).toMatchObject({ __typename: 'ConflictError' })
    expect(answer.message).toContain(`${job.id} is ${status}`)
    expect(await rowOf(test, job.id)).toEqual(before)
    expect(await wrongFiles(test, job.id)).toEqual([])
  }
})

it('takes exports:manage for another caller’s job, and knows none of another project', async () => {
  const owner = (await makeKey(test, { role: 'analyst' })).secret
  const keys: Record<string, string> = {}
  for (const role of ['reader', 'analyst', 'steward', 'admin']) {
    keys[role] = (await makeKey(test, { role })).secret
  }
  const foreign = (await makeKey(test, { project: 'other', role: 'admin' })).secret
  const { id } = await startExport(test, ndjson, owner)
  for (const role of ['reader', 'analyst', 'steward']) {
    const answer = await cancel(id, keys[role])
    expect(answer).toMatchObject({ __typename: 'ForbiddenError' })
    expect(answer.message).toContain('exports:manage')
  }
  expect(await cancel(id, foreign)).toMatchObject({ __typename: 'NotFoundError' })
  for (const unknown of ['exp_00000000-0000-7000-8000-000000000000', 'none', '']) {
    expect(await cancel(unknown, keys['admin'])).toMatchObject({ __typename: 'NotFoundError' })
  }
  expect(await rowOf(test, id)).toMatchObject({ status: 'QUEUED', version: '1' })
  expect(await cancel(id, keys['admin'])).toMatchObject({ job: { status: 'CANCELLED' } })
  const own = await startExport(test, ndjson, keys['reader'])
  expect(await cancel(own.id, keys['reader'])).toMatchObject({ job: { status: 'CANCELLED' } })
})

it('ends in exactly one way when it comes with the end of the run', { timeout: 120_000 }, async () => {
  const caller = await callerOf(test)
  const ways = { SUCCEEDED: 0, CANCELLED: 0 }
  const small = { source: { evaluationResults: { fields: ['ID', 'MODEL'] } }, format: 'CSV' }
  let took = 100
  for (let round = 0; round < 30; round++) {
    const { id } = await startExport(test, small)
    const began = performance.now()
    const running = runExport(test.app(), await claim(), never)
    // Around the time that the last one took, so that it comes near the end.
    const asked = delay(Math.random() * 1.2 * took).then(() => cancelExport(test.app(), caller, uuidOf(id)))
    const [answer] = await Promise.allSettled([asked, running])
    const status = await statusOf(id)
    if (answer.status === 'fulfilled') {
      expect(answer.value.status).toMatch(/^CANCELL(ING|ED)$/)
      expect(status).toBe('CANCELLED')
    } else {
      expect(answer.reason).toMatchObject({ code: 'CONFLICT' })
      expect(status).toBe('SUCCEEDED')
      took = performance.now() - began
    }
    ways[status as keyof typeof ways]++
    expect(await wrongFiles(test, id)).toEqual([])
    expect(await queriesOf(id)).toBe(0)
  }
  expect(ways.SUCCEEDED + ways.CANCELLED).toBe(30)
})
