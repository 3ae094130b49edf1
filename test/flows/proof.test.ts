import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectedKey } from '../../src/artifacts/verify/public-key.ts'
import { verifyExports } from '../../src/artifacts/verify/verify.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

const test = useTestApp({ workerConcurrency: 0 })
const rows = 4000
let base: string

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-proof-'))
  await insertGeneratedRows(test.database.client(), 1, rows)
})
afterAll(() => rm(base, { recursive: true, force: true }))

interface Proven {
  readonly name: string
  readonly downloadUrl: string
  readonly manifestUrl: string
  readonly sumsUrl: string
}

async function exported(format: string, partBytes: number): Promise<Proven> {
  const { id } = await startExport(test, { source: { evaluationResults: {} }, format })
  const sql = test.database.client()
  await sql`update export_jobs set plan = plan || ${sql.json({ partBytes })} where id = ${id.slice(4)}`
  await runExport(test.app(), (await claimNext(test.app().db))!, new AbortController().signal)
  await awaitJob(test, id)
  const { data } = await test.query<{ exportJob: { file: Proven } }>(
    'query ($id: ID!) { exportJob(id: $id) { file { name downloadUrl manifestUrl sumsUrl } } }',
    { id },
  )
  return data.exportJob.file
}

async function save(file: Proven, folder: string): Promise<void> {
  for (const [name, url] of [
    [file.name, file.downloadUrl],
    ['datapackage.json', file.manifestUrl],
    ['SHA256SUMS', file.sumsUrl],
  ] as const) {
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`)
    await writeFile(join(folder, name), Buffer.from(await response.arrayBuffer()))
  }
}

it.each(['CSV', 'JSON', 'NDJSON', 'XML'])(
  'proves each %s file, its parts and its signer, without the server',
  async (format) => {
    const folder = await mkdtemp(join(base, 'one-'))
    await save(await exported(format, 150_000), folder)
    expect(await readdir(folder)).toHaveLength(3)
    const key = (await (await fetch(`${test.url()}/.well-known/evalport-manifest-key`)).json()) as {
      keyId: string
    }
    const report = await verifyExports(folder, await expectedKey(key.keyId))
    expect(report.problems).toEqual([])
    expect(report).toMatchObject({ whole: true, signerChecked: true })
    expect(report.exports[0]).toMatchObject({ rows })
  },
)

it('lets no link of one file serve another', async () => {
  const file = await exported('CSV', 10_000_000)
  const links = [file.downloadUrl, file.manifestUrl, file.sumsUrl].map((url) => new URL(url))
  for (const link of links) {
    for (const other of links.filter((each) => each !== link)) {
      const mixed = new URL(link)
      mixed.pathname = other.pathname
      expect((await fetch(mixed)).status).toBe(403)
    }
    const odd = new URL(link)
    odd.pathname += '/'
    expect((await fetch(odd)).status).toBe(403)
  }
})
