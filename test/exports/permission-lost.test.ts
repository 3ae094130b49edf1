import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const never = new AbortController().signal
const content = { source: { evaluationResults: { fields: ['ID', 'PROMPT'] } }, format: 'NDJSON' }
const plain = { source: { evaluationResults: {} }, format: 'NDJSON' }

beforeAll(() => insertGeneratedRows(test.database.client(), 1, 30_000))

async function makeKey(role: string): Promise<{ key: { id: string }; secret: string }> {
  const { data } = await test.query<{ createApiKey: { key: { id: string }; secret: string } }>(
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id } } }',
    { input: { name: `the ${role}`, role } },
  )
  return data.createApiKey
}

async function artifactsOf(jobId: string): Promise<string[]> {
  const names = await readdir(join(test.config().dataDir, 'artifacts'))
  return names.filter((name) => name.includes(jobId.slice(4)))
}

it.each([
  ['its key is revoked', content, `revoked_at = now()`, 'not good any more'],
  ['its key expires', content, `expires_at = now()`, 'not good any more'],
  ['its role sees no content any more', content, `role = 'reader'`, 'content:read'],
  ['its role sees nothing any more', plain, `role = 'ingestor'`, 'may start none'],
  [
    'its scopes leave no content',
    content,
    `scopes = '{records:read,exports:read,exports:create}'`,
    'content:read',
  ],
  ['its scopes leave no records', plain, `scopes = '{exports:read,exports:create}'`, 'records:read'],
])('fails, with nothing kept, when %s', async (_, input, change, why) => {
  const { key, secret } = await makeKey('analyst')
  const { id } = await startExport(test, input, secret)
  const claim = (await claimNext(test.app().db))!
  await test.database.client().unsafe(`update principals set ${change} where id = '${key.id}'`)
  await runExport(test.app(), claim, never)
  const job = await awaitJob(test, id)
  expect(job).toMatchObject({ status: 'FAILED', file: null, failure: { code: 'PERMISSION_LOST' } })
  expect(job.failure!.message).toContain(why)
  expect(await artifactsOf(id)).toEqual([])
})

it('stops in the middle, without waiting for the end', async () => {
  const { key, secret } = await makeKey('analyst')
  const { id } = await startExport(test, content, secret)
  const claim = (await claimNext(test.app().db))!
  const running = runExport(test.app(), claim, never)
  await eventually(async () => {
    const [row] = await test.database.client()`select rows_written from export_jobs where id = ${id.slice(4)}`
    return Number(row!['rows_written']) > 0
  })
  await test.query('mutation ($k: String!) { revokeApiKey(input: { key: $k }) { key { id } } }', {
    k: key.id,
  })
  await running
  expect(await awaitJob(test, id)).toMatchObject({ status: 'FAILED', failure: { code: 'PERMISSION_LOST' } })
  expect(await artifactsOf(id)).toEqual([])
})

it('goes on when a change takes nothing of what it exports', async () => {
  const { key, secret } = await makeKey('analyst')
  const { id } = await startExport(test, plain, secret)
  const claim = (await claimNext(test.app().db))!
  await test.database.client()`update principals set role = 'reader', name = 'another' where id = ${key.id}`
  await runExport(test.app(), claim, never)
  expect(await awaitJob(test, id)).toMatchObject({ status: 'SUCCEEDED', file: { rows: 30_000 } })
})
