import { createHash } from 'node:crypto'
import { get, type IncomingMessage } from 'node:http'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, jobFields, startExport, type TestJob } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { filesOf, rowOf, uuidOf, wrongFiles } from '../support/job-model.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0, env: { EVALPORT_FILE_DAYS: '7,personal=1,content=3' } })
const sql = () => test.database.client()
const never = new AbortController().signal
const small = { source: { evaluationResults: { fields: ['ID'] } }, format: 'CSV' }
const large = { source: { evaluationResults: {} }, format: 'NDJSON' }
let worker: App | undefined

beforeAll(() => insertGeneratedRows(sql(), 1, 20_000))
beforeEach(() => sql()`delete from export_jobs`)
afterEach(async () => {
  await worker?.close()
  worker = undefined
})

async function finished(input: object): Promise<TestJob> {
  const { id } = await startExport(test, input)
  await runExport(test.app(), (await claimNext(test.app().db))!, never)
  return awaitJob(test, id)
}

async function jobOf(id: string): Promise<TestJob & { expiresAt: string }> {
  const { data } = await test.query<{ exportJob: TestJob & { expiresAt: string } }>(
    `query ($id: ID!) { exportJob(id: $id) { ${jobFields} expiresAt } }`,
    { id },
  )
  return data.exportJob
}

async function deleteFiles(id: string): Promise<{ __typename: string; message?: string; job?: TestJob }> {
  const { data } = await test.query<{ deleteExportFiles: { __typename: string; job?: TestJob } }>(
    `mutation ($id: ID!) { deleteExportFiles(id: $id) { __typename ... on DeleteExportFilesSuccess { job { ${jobFields} } }
      ... on UserError { message } } }`,
    { id },
  )
  return data.deleteExportFiles
}

it.each<[days: number, what: string, source: object]>([
  [7, 'public fields', { evaluationResults: { fields: ['ID', 'MODEL'] } }],
  [3, 'what models said', { evaluationResults: { fields: ['ID', 'PROMPT'] } }],
  [1, 'what is about people', { agentInteractions: { fields: ['ID', 'REQUEST', 'USER_ID'] } }],
  [
    7,
    'public fields and dropped ones',
    {
      agentInteractions: {
        fields: ['ID', 'REQUEST', 'USER_ID'],
        privacy: ['REQUEST', 'USER_ID'].map((field) => ({ field, mode: 'DROP' })),
      },
    },
  ],
  [
    3,
    'what models said and dropped personal data',
    { agentInteractions: { fields: ['REQUEST', 'USER_ID'], privacy: [{ field: 'USER_ID', mode: 'DROP' }] } },
  ],
  [
    1,
    'pseudonyms of people',
    { agentInteractions: { fields: ['USER_ID'], privacy: [{ field: 'USER_ID', mode: 'PSEUDONYMISE' }] } },
  ],
])('keeps files for %i days that hold %s', async (days, _, source) => {
  const { id } = await finished({ source, format: 'CSV' })
  const [kept] = await sql()`select extract(epoch from expires_at - finished_at)::float8 / 86400 as days
    from export_jobs where id = ${uuidOf(id)}`
  expect(kept).toEqual({ days })
  const row = await rowOf(test, id)
  expect(new Date((await jobOf(id)).expiresAt)).toEqual(row['expires_at'])
})

/** A download of which the first bytes have come; no more is read until then. */
async function openDownload(url: string): Promise<{ rest: () => Promise<string> }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, resolve).on('error', reject)
  })
  expect(response.statusCode).toBe(200)
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const hash = createHash('sha256')
  hash.update((await chunks.next()).value as Buffer)
  return {
    async rest() {
      for (let chunk = await chunks.next(); !chunk.done; chunk = await chunks.next()) hash.update(chunk.value)
      return hash.digest('hex')
    },
  }
}

async function isGone(job: TestJob): Promise<void> {
  const response = await fetch(job.file!.downloadUrl)
  expect(response.status).toBe(410)
  expect(await response.json()).toMatchObject({ error: { code: 'FILE_GONE' } })
  expect(await jobOf(job.id)).toMatchObject({ status: 'EXPIRED', file: null, progress: { percent: 100 } })
  expect(await filesOf(test, job.id)).toEqual([])
}

it('removes files that have had their time; a download that is open still ends whole', async () => {
  const old = await finished(large)
  const young = await finished(small)
  // More than sockets hold between the two.
  expect(old.file!.bytes).toBeGreaterThan(8_000_000)
  const download = await openDownload(old.file!.downloadUrl)
  await sql()`update export_jobs set expires_at = now() - interval '1 second' where id = ${uuidOf(old.id)}`
  worker = await openSecondApp(test, 1)
  await eventually(async () => (await filesOf(test, old.id)).length === 0)
  await isGone(old)
  expect((await jobOf(old.id)).version).toBe(old.version + 1)
  expect(await download.rest()).toBe(old.file!.sha256)
  expect(await jobOf(young.id)).toMatchObject({ status: 'SUCCEEDED', version: young.version })
  expect(await wrongFiles(test, young.id)).toEqual([])
})

it('deletes files at once when asked to; a download that is open still ends whole', async () => {
  const job = await finished(large)
  const other = await finished(small)
  const download = await openDownload(job.file!.downloadUrl)
  expect(await deleteFiles(job.id)).toMatchObject({
    job: { status: 'EXPIRED', version: job.version + 1, file: null },
  })
  await isGone(job)
  expect(Date.parse((await jobOf(job.id)).expiresAt)).toBeLessThan(Date.now() + 86_400_000)
  expect(await download.rest()).toBe(job.file!.sha256)
  expect(await deleteFiles(job.id)).toMatchObject({ job: { status: 'EXPIRED', version: job.version + 1 } })
  expect(await wrongFiles(test, other.id)).toEqual([])
})

it('refuses to delete the files of a job that has none yet', async () => {
  const { id } = await startExport(test, large)
  for (const status of ['queued', 'running']) {
    const answer = await deleteFiles(id)
    expect(answer).toMatchObject({ __typename: 'ConflictError' })
    expect(answer.message).toContain(`is ${status} and has no file yet`)
    if (status === 'queued') await claimNext(test.app().db)
  }
  expect(await rowOf(test, id)).toMatchObject({ status: 'RUNNING', version: '2' })
})
