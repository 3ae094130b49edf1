import { createHash } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestServer, type CliResult } from '../support/cli.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { useTestDatabase } from '../support/database.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

const database = useTestDatabase()
const server = useTestServer(database)
let base: string
let job: { readonly id: string; readonly bytes: number; readonly sha256: string }

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-resumed-'))
  await insertGeneratedRows(database.client(), 1, 20_000)
  const { stdout } = await server.cli(['export', 'results', '--json', '-q', '-o', join(base, 'first.csv')])
  job = JSON.parse(stdout) as typeof job
  await rm(join(base, 'first.csv'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

const artifact = () => join(server.dataDir(), 'artifacts', `${job.id.slice(4)}.1.csv`)
const isDownload = (request: string) => request.includes(' /downloads/')
const rangeOf = (request: string) => /^range: *(.*)\r$/im.exec(request)?.[1]

/** Downloads by a way that lets so many bytes of each answer through, in this order. */
async function downloadBy(
  passes: (round: number) => number | undefined,
): Promise<CliResult & Pick<CuttingProxy, 'requests'>> {
  let round = 0
  const proxy = await startCuttingProxy(server.url(), (request) =>
    isDownload(request) ? passes(round++) : undefined,
  )
  try {
    const env = { EVALPORT_URL: proxy.url, EVALPORT_API_KEY: server.key() }
    const ended = await server.cli(['download', job.id, '-o', 'file.csv', '--json'], { cwd: base, env })
    return { ...ended, requests: proxy.requests.filter(isDownload) }
  } finally {
    await proxy.close()
  }
}

it('goes on with a file where it was cut, again and again', { timeout: 90_000 }, async () => {
  const part = Math.floor(job.bytes / 4)
  const { code, stdout, requests } = await downloadBy((round) => (round < 3 ? part : undefined))
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ id: job.id, sha256: job.sha256, path: 'file.csv' })
  expect(
    createHash('sha256')
      .update(await readFile(join(base, 'file.csv')))
      .digest('hex'),
  ).toBe(job.sha256)
  expect(requests).toHaveLength(4)
  const froms = requests.map((request) => Number(/^bytes=(\d+)-$/.exec(rangeOf(request) ?? '')?.[1] ?? 0))
  expect(froms[0]).toBe(0)
  expect(froms).toEqual([...froms].sort((a, b) => a - b))
  expect(froms[3]).toBeGreaterThan(2 * part)
  for (const request of requests.slice(1))
    expect(request.toLowerCase()).toContain(`if-range: "${job.sha256}"\r\n`)
  await rm(join(base, 'file.csv'))
})

it('gives up when nothing more comes, and keeps nothing', { timeout: 120_000 }, async () => {
  const { code, stdout, stderr, requests } = await downloadBy((round) => (round === 0 ? 100_000 : 0))
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toMatchObject({
    error: { code: 'UNAVAILABLE', message: 'The connection was lost in the middle of the file.' },
  })
  // The first, and five times more in vain.
  expect(requests).toHaveLength(6)
  expect(await readdir(base)).toEqual([])
})

it('keeps no file whose rest is of another one', { timeout: 90_000 }, async () => {
  const good = readFileSync(artifact())
  const bad = Buffer.from(good)
  bad[bad.length - 10]! ^= 1
  const { code, stderr } = await downloadBy((round) => {
    if (round > 0) return undefined
    writeFileSync(artifact(), bad)
    return 100_000
  })
  writeFileSync(artifact(), good)
  expect(code).toBe(7)
  expect(stderr).toContain('CHECKSUM_MISMATCH')
  expect(await readdir(base)).toEqual([])
})

it('says so when the file is gone before its rest has come', { timeout: 90_000 }, async () => {
  const { code, stdout, stderr, requests } = await downloadBy((round) => {
    if (round === 0) rmSync(artifact())
    return 100_000
  })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!)).toMatchObject({ error: { code: 'FILE_GONE' } })
  expect(requests).toHaveLength(2)
  expect(await readdir(base)).toEqual([])
})
