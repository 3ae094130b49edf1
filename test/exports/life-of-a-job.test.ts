import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import fc from 'fast-check'
import type { App } from '../../src/app.ts'
import type { Caller } from '../../src/core/caller.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { requestExport } from '../../src/exports/request.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { commands, formats, specOf, toggleWorker, type Model, type Real } from '../support/job-commands.ts'
import {
  allowedAfter,
  makeSmallFaultyParts,
  recordJobChanges,
  rowOf,
  wrongChanges,
  wrongFiles,
} from '../support/job-model.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import { eventually } from '../support/worker.ts'

const numRuns = 5
const rows = 1500
const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()
/** The digest of each format's file: the records stay as they are. */
const whole: Record<string, string> = {}
const workers: (App | undefined)[] = [undefined, undefined]
let admin: Caller
let user: Real['user']

beforeAll(async () => {
  await insertGeneratedRows(sql(), 1, rows)
  await makeSmallFaultyParts(sql(), 100_000)
  const made = await makeKey(test, { role: 'analyst' })
  user = { id: made.key.id, secret: made.secret }
  admin = await callerOf(test)
  for (const format of formats) {
    const { job } = await requestExport(test.app(), admin, { spec: specOf(format) })
    await runExport(test.app(), (await claimNext(test.app().db))!, new AbortController().signal)
    whole[format] = (await rowOf(test, job.id))['sha256'] as string
  }
  await recordJobChanges(sql())
})
afterAll(async () => {
  for (const worker of workers) await worker?.close()
})

/** With workers running and nothing else done. */
async function allEnd(real: Real): Promise<void> {
  for (const at of workers.keys()) if (!workers[at]) await toggleWorker(real, at)
  await eventually(async () => {
    const [left] = await sql()`select count(*)::int as count from export_jobs
      where status in ('QUEUED', 'RUNNING', 'CANCELLING')`
    return left!['count'] === 0
  }, 6000)
  await Promise.all(real.background)
}

/** What is wrong with how a job has ended. Its files may be cleared away a moment after it. */
async function wrongEnd(id: string): Promise<readonly string[]> {
  let wrong: readonly string[] = []
  await eventually(async () => (wrong = await wrongFiles(test, id)).length === 0).catch(() => {})
  const row = await rowOf(test, id)
  const { format } = row['plan'] as { format: string }
  if (row['status'] !== 'SUCCEEDED') return wrong
  const isRight = row['sha256'] === whole[format] && row['rows_written'] === String(rows)
  return isRight ? wrong : [...wrong, `${id} has another content than it should`]
}

it('is what docs/architecture.md tells', async () => {
  const page = await readFile(new URL('../../docs/architecture.md', import.meta.url), 'utf8')
  const told = [...page.matchAll(/^\| (–|[A-Z]+) +\| ([A-Z]+) +\|/gm)].map(([, from, to]) => `${from} ${to}`)
  const allowed = Object.entries(allowedAfter).flatMap(([from, after]) => after.map((to) => `${from} ${to}`))
  // Not a transition: the parts of a failed job are given up.
  expect(allowed.filter((step) => step !== 'FAILED FAILED').sort()).toEqual(told.sort())
})

it('comes into no state that may not be, and ends, whatever happens', { timeout: 180_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (steps) => {
      await sql()`delete from export_jobs`
      await sql()`truncate job_changes, faults`
      await sql()`update principals set revoked_at = null where id = ${user.id}`
      const model: Model = { isRevoked: false, keys: new Map() }
      const real: Real = { test, admin, user, workers, jobs: [], claims: [], background: [] }
      try {
        await fc.asyncModelRun(() => ({ model, real }), steps)
        await allEnd(real)
        for (const id of real.jobs) expect(await wrongEnd(id)).toEqual([])
      } finally {
        await Promise.allSettled(real.background)
        expect(await wrongChanges(sql())).toEqual([])
      }
    }),
    // Workers take another way each time: a smaller example would be another one.
    { numRuns, endOnFailure: true },
  )
})
