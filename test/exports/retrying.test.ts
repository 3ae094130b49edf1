import { beforeAll, beforeEach, expect, it } from 'vitest'
import { deleteExportFiles } from '../../src/exports/change-job.ts'
import { discardLeftovers } from '../../src/exports/discard.ts'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { expireParts } from '../../src/exports/job-status/overdue.ts'
import { runExport } from '../../src/exports/run.ts'
import { purgeEnded } from '../../src/retention/purge.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { filesOf, makeSmallFaultyParts, rowOf, uuidOf, wrongFiles } from '../support/job-model.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import { settled } from '../support/settled.ts'

const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
const never = new AbortController().signal
const ndjson = { source: { evaluationResults: {} }, format: 'NDJSON' }
const rows = 3000

interface Answer {
  readonly __typename: string
  readonly message?: string
  readonly hint?: string
  readonly job?: { readonly status: string; readonly attempt: number }
}

async function ask(mutation: string, id: string, key?: string): Promise<Answer> {
  const success = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Success`
  const { data } = await test.query<Record<string, Answer>>(
    `mutation ($id: ID!) { ${mutation}(id: $id) { __typename ... on ${success} { job { status attempt } }
      ... on UserError { message hint } } }`,
    { id },
    key,
  )
  return data[mutation]!
}
const retry = (id: string, key?: string) => ask('retryExport', id, key)
const cancel = (id: string) => ask('cancelExport', id)

async function claim(): Promise<Claim> {
  const claimed = await claimNext(test.app().db)
  if (!claimed) throw new Error('no job waits')
  return claimed
}

async function run(): Promise<void> {
  await runExport(test.app(), await claim(), never)
}

/** Starts an export, and has it fail over the commit of its third part by a fault of the server. */
async function failed(key?: string): Promise<string> {
  const { id } = await startExport(test, ndjson, key)
  await sql()`insert into faults values (${uuidOf(id)}, 2)`
  await run()
  await sql()`truncate faults`
  expect(await rowOf(test, id)).toMatchObject({
    status: 'FAILED',
    failure: { code: 'EXPORT_FAILED' },
    parts_done: 2,
  })
  expect(await filesOf(test, id)).toHaveLength(1)
  return id
}

/** What an export of this moment holds. */
async function wholeNow(): Promise<string> {
  const { id } = await startExport(test, ndjson)
  await run()
  return (await awaitJob(test, id)).file!.sha256
}

const partsOf = async (id: string) =>
  (
    await sql()`select part, attempt, xmin::text, sha256 from export_parts where job_id = ${uuidOf(id)} order by part`
  ).map((row) => ({ ...row }))
async function end(some: string): Promise<void> {
  await sql()`update evaluation_results set dead_xid = pg_current_xact_id() where dead_xid is null and ${sql().unsafe(some)}`
  await settled(sql())
}

beforeAll(() => makeSmallFaultyParts(sql(), 100_000))
beforeEach(async () => {
  await sql()`truncate export_jobs, evaluation_results, faults cascade`
  await sql()`update installation set purged_before = '0'`
  await insertGeneratedRows(sql(), 1, rows)
})

it('goes on from what a fault of the server left, and writes the same bytes', async () => {
  const whole = await wholeNow()
  const id = await failed()
  const kept = await partsOf(id)
  expect(kept.map(({ attempt }) => attempt as number)).toEqual([1, 1])
  await end('id % 2 = 0')
  expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED', attempt: 1 } })
  expect(await rowOf(test, id)).toMatchObject({ failure: null, finished_at: null, losses: 0, parts_done: 2 })
  // Asked for again, it is as it is.
  expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED', attempt: 1 } })
  test.logged.splice(0)
  await run()
  expect(test.logged).toContainEqual(
    expect.objectContaining({ msg: 'the export goes on', parts: 2, attempt: 2 }),
  )
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole } })
  const parts = await partsOf(id)
  // The very rows that the first attempt wrote.
  expect(parts.slice(0, 2)).toEqual(kept)
  expect(parts.slice(2).every(({ attempt }) => attempt === 2)).toBe(true)
  expect(parts.length).toBeGreaterThan(4)
  expect(await wrongFiles(test, id)).toEqual([])
})

it('starts anew after a failure that says that nothing should be kept', async () => {
  const whole = await wholeNow()
  const { secret, key } = await makeKey(test, { role: 'analyst' })
  const { id } = await startExport(test, ndjson, secret)
  await sql()`update principals set revoked_at = now() where id = ${key.id}`
  await run()
  expect(await rowOf(test, id)).toMatchObject({
    status: 'FAILED',
    failure: { code: 'PERMISSION_LOST' },
    parts_done: 0,
  })
  expect(await filesOf(test, id)).toEqual([])
  await sql()`update principals set revoked_at = null where id = ${key.id}`
  expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED' } })
  expect(await partsOf(id)).toEqual([])
  await run()
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole } })
  expect((await partsOf(id)).every(({ attempt }) => attempt === 2)).toBe(true)
})

it('starts a cancelled one anew, of the instant that it was asked for', async () => {
  const whole = await wholeNow()
  const id = await failed()
  await retry(id)
  expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLED' } })
  expect(await filesOf(test, id)).toEqual([])
  await end('id % 3 = 0')
  expect(await wholeNow()).not.toBe(whole)
  expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED' } })
  expect(await partsOf(id)).toEqual([])
  await run()
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole } })
  expect((await partsOf(id)).every(({ attempt }) => attempt === 2)).toBe(true)
  expect(await wrongFiles(test, id)).toEqual([])
})

it.each(['FAILED', 'CANCELLED'])('refuses one that is %s when what it shows was purged', async (status) => {
  const id = status === 'FAILED' ? await failed() : (await startExport(test, ndjson)).id
  if (status === 'CANCELLED') await cancel(id)
  await end('id % 3 = 0')
  expect(await purgeEnded(test.app(), 0)).toBe(rows / 3)
  const before = await rowOf(test, id)
  const answer = await retry(id)
  expect(answer).toMatchObject({
    __typename: 'ConflictError',
    hint: expect.stringContaining('new export') as string,
  })
  expect(answer.message).toContain('no longer kept')
  expect(await rowOf(test, id)).toEqual(before)
})

it('does not refuse it when nothing was purged that it shows', async () => {
  await end('id % 3 = 0')
  const whole = await wholeNow()
  const id = await failed()
  // These had ended before it was asked for.
  expect(await purgeEnded(test.app(), 0)).toBe(rows / 3)
  expect(await purgeEnded(test.app(), 0)).toBe(0)
  expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED' } })
  // From then on it is kept again.
  await end('id % 3 = 1')
  expect(await purgeEnded(test.app(), 0)).toBe(0)
  await run()
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { sha256: whole } })
})

it('refuses what has succeeded, what has expired, and what its caller may not have any more', async () => {
  const { id } = await startExport(test, ndjson)
  await run()
  const succeeded = await retry(id)
  expect(succeeded).toMatchObject({ __typename: 'ConflictError' })
  expect(succeeded.message).toContain('is succeeded and need not')
  await deleteExportFiles(test.app(), await callerOf(test), uuidOf(id))
  const expired = await retry(id)
  expect(expired).toMatchObject({ __typename: 'ConflictError' })
  expect(expired.message).toContain('is expired and cannot')
  expect(await rowOf(test, id)).toMatchObject({ status: 'EXPIRED' })

  const { secret, key } = await makeKey(test, { role: 'analyst' })
  const content = await startExport(
    test,
    { source: { evaluationResults: { fields: ['ID', 'PROMPT'] } }, format: 'CSV' },
    secret,
  )
  await cancel(content.id)
  await sql()`update principals set role = 'reader' where id = ${key.id}`
  const forbidden = await retry(content.id, secret)
  expect(forbidden).toMatchObject({ __typename: 'ForbiddenError' })
  expect(forbidden.message).toContain('content:read')
  expect(await rowOf(test, content.id)).toMatchObject({ status: 'CANCELLED' })
})

it('gives up kept parts after a day, or when they are deleted; then it starts anew', async () => {
  const whole = await wholeNow()
  const young = await failed()
  const old = await failed()
  await sql()`update export_jobs set finished_at = now() - interval '25 hours' where id = ${uuidOf(old)}`
  await sql()`update export_jobs set finished_at = now() - interval '23 hours' where id = ${uuidOf(young)}`
  expect(await expireParts(test.app().db)).toEqual([uuidOf(old)])
  for (const id of [old, young]) await discardLeftovers(test.app(), uuidOf(id))
  expect(await filesOf(test, young)).toHaveLength(1)
  expect(await filesOf(test, old)).toEqual([])
  expect(await ask('deleteExportFiles', young)).toMatchObject({ job: { status: 'FAILED' } })
  expect(await filesOf(test, young)).toEqual([])
  for (const id of [young, old]) {
    expect(await retry(id)).toMatchObject({ job: { status: 'QUEUED' } })
    expect(await partsOf(id)).toEqual([])
    await run()
    expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows, sha256: whole } })
    expect((await partsOf(id)).every(({ attempt }) => attempt === 2)).toBe(true)
  }
})
