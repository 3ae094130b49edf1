import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

/** A thousand take a minute: RESUMED_DOWNLOADS=1000 npx vitest run test/flows/resumed-downloads.test.ts */
const downloads = Number(process.env['RESUMED_DOWNLOADS'] ?? 200)
const atOnce = 25
const test = useTestApp()
let job: TestJob
let folder: string
const hasCurl = spawnSync('curl', ['--version']).status === 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evalport-resumed-'))
  await insertGeneratedRows(test.database.client(), 1, 2000)
  const { id } = await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })
  job = await awaitJob(test, id)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const digestOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
const sizeOf = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0

interface Ended {
  readonly code: number | null
  readonly stdout: string
}

async function curl(args: readonly string[], config = ''): Promise<Ended> {
  const child = spawn('curl', ['--silent', '--config', '-', ...args], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(config)
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout }
}

/** Gets files, or the rest of those of which a part is there: by curl, several with each, or by Node where there is none. */
async function fetchAll(url: string, paths: readonly string[]): Promise<readonly string[]> {
  const ifRange = `"${job.file!.sha256}"`
  if (hasCurl) {
    const quoted = ifRange.replaceAll('"', String.raw`\"`)
    const one = (path: string) =>
      `url = "${url}"\noutput = "${path}"\ncontinue-at = -\nheader = "If-Range: ${quoted}"\nwrite-out = "%{http_code} "\n`
    return (await curl([], paths.map(one).join('next\nsilent\n'))).stdout.trim().split(' ')
  }
  return Promise.all(
    paths.map(async (path) => {
      const from = await sizeOf(path)
      const headers = { ...(from > 0 && { range: `bytes=${from}-` }), 'if-range': ifRange }
      const response = await fetch(url, { headers })
      try {
        for await (const chunk of response.body!) await appendFile(path, chunk)
      } catch {
        // Cut, as it was to be.
      }
      return String(response.status)
    }),
  )
}

it(
  'gives 1,000 files that were cut anywhere whole to whoever goes on with them',
  { timeout: 600_000 },
  async () => {
    let seed = 1
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const { bytes, sha256, downloadUrl } = job.file!
    // The head of the answer counts, too; the last of them are cut a few bytes before the end.
    const proxy = await startCuttingProxy(test.url(), () => Math.ceil(random() * bytes))
    const link = new URL(downloadUrl)
    let resumed = 0
    try {
      for (let done = 0; done < downloads; done += atOnce) {
        const paths = Array.from({ length: atOnce }, (_, index) => join(folder, `${done + index}.csv`))
        await fetchAll(proxy.url + link.pathname + link.search, paths)
        const cut = await Promise.all(paths.map(sizeOf))
        expect(Math.max(...cut)).toBeLessThan(bytes)
        const statuses = await fetchAll(downloadUrl, paths)
        expect(statuses).toEqual(cut.map((size) => (size > 0 ? '206' : '200')))
        resumed += cut.filter((size) => size > 0).length
        expect(new Set(await Promise.all(paths.map(digestOf)))).toEqual(new Set([sha256]))
        await Promise.all(paths.map((path) => rm(path)))
      }
    } finally {
      await proxy.close()
    }
    expect(resumed).toBeGreaterThan(downloads * 0.95)
  },
)

it('sends the whole to whoever has a part of another file', async () => {
  const headers = { range: 'bytes=1000-', 'if-range': `"${'0'.repeat(64)}"` }
  const response = await fetch(job.file!.downloadUrl, { headers })
  expect([response.status, response.headers.get('content-range')]).toEqual([200, null])
  const body = new Uint8Array(await response.arrayBuffer())
  expect(createHash('sha256').update(body).digest('hex')).toBe(job.file!.sha256)
})

it('has nothing more to send of a file that is there already', async () => {
  const path = join(folder, 'whole.csv')
  await fetchAll(job.file!.downloadUrl, [path])
  expect(await digestOf(path)).toBe(job.file!.sha256)
  expect(await fetchAll(job.file!.downloadUrl, [path])).toEqual(['416'])
  expect(await digestOf(path)).toBe(job.file!.sha256)
})

it('says that the file is gone to whoever goes on after it was deleted', async () => {
  const path = join(folder, 'gone.csv')
  await writeFile(path, (await (await fetch(job.file!.downloadUrl)).text()).slice(0, 5000))
  const deleted = await test.query(
    `mutation ($id: ID!) { deleteExportFiles(id: $id) { ... on DeleteExportFilesSuccess { job { status } } } }`,
    { id: job.id },
  )
  expect(deleted.data).toEqual({ deleteExportFiles: { job: { status: 'EXPIRED' } } })
  const headers = { range: 'bytes=5000-', 'if-range': `"${job.file!.sha256}"` }
  const response = await fetch(job.file!.downloadUrl, { headers })
  expect(response.status).toBe(410)
  expect(response.headers.get('content-range')).toBeNull()
  expect(await response.json()).toMatchObject({ error: { code: 'FILE_GONE', hint: expect.any(String) } })
  if (!hasCurl) return
  // Curl leaves its part as it is, and fails.
  const { code } = await curl(['--fail', '-C', '-', '-o', path, job.file!.downloadUrl])
  expect([code, await sizeOf(path)]).toEqual([22, 5000])
})
