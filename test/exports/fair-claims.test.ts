import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { claimNext, type Claim } from '../../src/exports/job-status/claim.ts'
import { endCancelled, release } from '../../src/exports/job-status/held.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { lapse, recordJobChanges, rowOf, uuidOf } from '../support/job-model.ts'
import { makeKey } from '../support/keys.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
const small = { source: { evaluationResults: { fields: ['ID'] } }, format: 'CSV' }
const large = { source: { toolCalls: {} }, format: 'CSV' }
const none = 1000
/** Two callers of each of two projects. */
const keys: Record<string, string> = {}
let worker: App | undefined

beforeAll(async () => {
  for (const project of ['one', 'two']) {
    for (const caller of ['a', 'b']) {
      keys[`${project}.${caller}`] = (await makeKey(test, { project, role: 'analyst' })).secret
    }
  }
  const [one] = await sql()`select id from projects where name = 'one'`
  await insertGeneratedRows(sql(), one!['id'] as number, 5000)
  await recordJobChanges(sql())
})
beforeEach(async () => {
  await sql()`delete from export_jobs`
  await sql()`truncate job_changes`
})
afterEach(async () => {
  await worker?.close()
  worker = undefined
})

async function ask(who: string, many: number, input: object = small): Promise<string[]> {
  const ids: string[] = []
  for (let count = 0; count < many; count++) ids.push(uuidOf((await startExport(test, input, keys[who])).id))
  return ids
}

async function claimAll(limits: { ofCaller: number; ofProject: number }): Promise<Claim[]> {
  const claims: Claim[] = []
  for (;;) {
    const claim = await claimNext(test.app().db, limits)
    if (!claim) return claims
    claims.push(claim)
  }
}

/** How many run of each caller, and of each project. */
async function running(): Promise<{ callers: number[]; projects: number[] }> {
  const count = async (column: string) =>
    (
      await sql()`select count(*)::int as count from export_jobs where status = 'RUNNING'
        group by ${sql()(column)} order by 1 desc`
    ).map((row) => row['count'] as number)
  return { callers: await count('requested_by'), projects: await count('project_id') }
}

async function askOfAll(many: number): Promise<void> {
  for (const who of Object.keys(keys)) await ask(who, many)
}

it.each([1, 8])(
  'lets exactly so many run, of a caller and of a project, with %i who claim',
  async (claimers) => {
    await askOfAll(4)
    const claimWith = async (limits: { ofCaller: number; ofProject: number }) =>
      (await Promise.all(Array.from({ length: claimers }, () => claimAll(limits)))).flat()
    const ofCaller = await claimWith({ ofCaller: 2, ofProject: none })
    expect(new Set(ofCaller.map(({ id }) => id)).size).toBe(8)
    expect(await running()).toEqual({ callers: [2, 2, 2, 2], projects: [4, 4] })

    await sql()`update export_jobs set status = 'QUEUED', lease_until = null`
    const ofProject = await claimWith({ ofCaller: none, ofProject: 3 })
    expect(ofProject).toHaveLength(6)
    expect((await running()).projects).toEqual([3, 3])

    await sql()`update export_jobs set status = 'QUEUED', lease_until = null`
    expect(await claimWith({ ofCaller: 1, ofProject: 1 })).toHaveLength(2)
    expect(await running()).toEqual({ callers: [1, 1], projects: [1, 1] })

    expect(await claimWith({ ofCaller: none, ofProject: none })).toHaveLength(14)
  },
)

it('counts a claim that is not yet committed', async () => {
  const { db } = test.app()
  const limits = { ofCaller: none, ofProject: 1 }
  await ask('one.a', 2)
  const served = (await claimNext(db, limits))!
  await sql()`update export_jobs set status = 'CANCELLED', lease_until = null where id = ${served.id}`
  const second = await db.transaction(async (tx) => {
    expect(await claimNext(tx, limits)).toBeDefined()
    // Its caller was never served, and would be next if the one before did not count.
    await ask('one.b', 1)
    let isDone = false
    const claiming = claimNext(db, limits).finally(() => (isDone = true))
    await eventually(async () => {
      const [row] =
        await sql()`select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted
        and database = (select oid from pg_database where datname = current_database())`
      return isDone || row!['waiting'] === 1
    })
    return { claiming }
  })
  expect(await second.claiming).toBeUndefined()
  expect((await running()).projects).toEqual([1])
})

it('takes a place when one is free again, and counts a job that is being cancelled until it has ended', async () => {
  const limits = { ofCaller: 1, ofProject: none }
  const [first, second] = await ask('one.a', 2)
  const claim = (await claimNext(test.app().db, limits))!
  expect(claim.id).toBe(first)
  expect(await claimNext(test.app().db, limits)).toBeUndefined()
  await sql()`update export_jobs set status = 'CANCELLING', version = version + 1 where id = ${first!}`
  expect(await claimNext(test.app().db, limits)).toBeUndefined()
  expect(await endCancelled(test.app().db, claim)).toBe(true)
  expect(await claimNext(test.app().db, limits)).toMatchObject({ id: second })
})

it('does not count the job of a silent worker, and gives it away within the limits', async () => {
  const limits = { ofCaller: 1, ofProject: 1 }
  const [first, second] = await ask('one.a', 2)
  await claimNext(test.app().db, limits)
  await lapse(test, first!)
  expect(await claimNext(test.app().db, limits)).toMatchObject({ id: first, attempt: 2 })
  expect(await claimNext(test.app().db, limits)).toBeUndefined()
  expect(await rowOf(test, second!)).toMatchObject({ status: 'QUEUED' })
})

it('goes round between projects and their callers, and takes a caller’s own in order', async () => {
  const asked: Record<string, string[]> = {}
  // All of one caller's, then all of the next one's.
  for (const who of Object.keys(keys)) asked[who] = await ask(who, 3)
  const claims = await claimAll({ ofCaller: none, ofProject: none })
  const whose = (id: string) => Object.keys(asked).find((who) => asked[who]!.includes(id))!
  const order = claims.map(({ id }) => whose(id))
  expect(order.slice(0, 4)).toEqual(['one.a', 'two.a', 'one.b', 'two.b'])
  for (let turn = 0; turn < 12; turn += 4) expect(new Set(order.slice(turn, turn + 4)).size).toBe(4)
  for (let turn = 0; turn < 12; turn += 2) {
    expect(new Set(order.slice(turn, turn + 2).map((who) => who.split('.')[0])).size).toBe(2)
  }
  for (const who of Object.keys(asked)) {
    expect(claims.map(({ id }) => id).filter((id) => asked[who]!.includes(id))).toEqual(asked[who])
  }
})

it('takes turns also when only one can run at a time: whoever was served longest ago comes first', async () => {
  const asked: Record<string, string[]> = {}
  for (const who of ['one.a', 'one.b', 'two.a']) asked[who] = await ask(who, 4)
  const order: string[] = []
  for (let turn = 0; turn < 8; turn++) {
    const claim = (await claimNext(test.app().db, { ofCaller: 1, ofProject: 1 }))!
    order.push(Object.keys(asked).find((who) => asked[who]!.includes(claim.id))!)
    // It ends before the next one is taken.
    await sql()`update export_jobs set status = 'CANCELLED', lease_until = null where id = ${claim.id}`
  }
  expect(order).toEqual(['one.a', 'two.a', 'one.b', 'two.a', 'one.a', 'two.a', 'one.b', 'two.a'])
})

it('takes a job that was given back in its caller’s order, not before others’', async () => {
  const [first] = await ask('one.a', 2)
  const [other] = await ask('two.a', 1)
  const claim = (await claimNext(test.app().db))!
  expect(claim.id).toBe(first)
  await release(test.app().db, claim)
  expect(await claimNext(test.app().db)).toMatchObject({ id: other })
  expect(await claimNext(test.app().db)).toMatchObject({ id: first })
})

it(
  'ends a small export while all places are taken by another caller’s large ones',
  { timeout: 120_000 },
  async () => {
    const larges = await ask('one.a', 50, large)
    // The large ones cannot end before the test lets them: what they read is locked.
    const blocker = await sql().reserve()
    await blocker`begin`
    await blocker`lock table tool_calls in access exclusive mode`
    try {
      worker = await openSecondApp(test, 2)
      const runningOf = async () =>
        (
          await sql()`select count(*)::int as count from export_jobs where status = 'RUNNING' and id in ${sql()(larges)}`
        )[0]!['count']
      await eventually(async () => (await runningOf()) === 2)
      const [id] = await ask('one.b', 1)
      expect(await awaitJob(test, `exp_${id}`, keys['one.b'])).toMatchObject({ status: 'SUCCEEDED' })
      expect(await runningOf()).toBe(2)
    } finally {
      await blocker`commit`
      blocker.release()
    }
    const events = await sql()<{ job: string; to: string }[]>`
    select job, "to" from job_changes where "from" <> "to" and "to" in ('RUNNING', 'SUCCEEDED') order by change`
    const ended = events.findIndex(({ to }) => to === 'SUCCEEDED')
    expect(larges).not.toContain(events[ended]!.job)
    expect(events.slice(0, ended).filter(({ job }) => larges.includes(job))).toHaveLength(2)
  },
)
