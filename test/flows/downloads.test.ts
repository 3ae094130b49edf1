import { rm, readdir, readlink, truncate } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { downloadLink, openDownload } from '../../src/exports/download.ts'
import { findJob } from '../../src/exports/jobs.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp()
let job: TestJob
let other: TestJob

beforeAll(async () => {
  await insertGeneratedRows(test.database.client(), 1, 2000)
  const input = { source: { evaluationResults: {} }, format: 'CSV' }
  job = await awaitJob(test, (await startExport(test, input)).id)
  other = await awaitJob(test, (await startExport(test, input)).id)
})

async function answer(url: string | URL, init?: RequestInit): Promise<[number, string | undefined]> {
  const response = await fetch(url, init)
  const text = await response.text()
  return [
    response.status,
    response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code,
  ]
}

function openedAt(url: URL, now: number) {
  const app = test.app()
  const id = url.pathname.slice('/downloads/'.length)
  return openDownload(app, id, url.searchParams, now)
}

const link = () => new URL(job.file!.downloadUrl)

it('sends the file with what identifies it, and the same without its body to HEAD', async () => {
  const headers: Record<string, string>[] = []
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(link(), { method })
    expect(response.status).toBe(200)
    expect((await response.arrayBuffer()).byteLength).toBe(method === 'GET' ? job.file!.bytes : 0)
    const {
      date: _date,
      connection: _connection,
      'keep-alive': _alive,
      ...told
    } = Object.fromEntries(response.headers)
    headers.push(told)
  }
  expect(headers[0]).toEqual(headers[1])
  expect(headers[0]).toEqual({
    'accept-ranges': 'bytes',
    'content-type': 'text/csv; charset=utf-8',
    'content-length': String(job.file!.bytes),
    'content-disposition': `attachment; filename="${job.file!.name}"`,
    etag: `"${job.file!.sha256}"`,
    'repr-digest': `sha-256=:${Buffer.from(job.file!.sha256, 'hex').toString('base64')}:`,
    'cache-control': 'private, no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  })
})

it('refuses links with a parameter missing, empty, doubled, unknown or of another job', async () => {
  const mutants: URL[] = []
  for (const name of ['principal', 'expires', 'signature']) {
    const [missing, empty, doubled, foreign] = [link(), link(), link(), link()]
    missing.searchParams.delete(name)
    empty.searchParams.set(name, '')
    doubled.searchParams.append(name, doubled.searchParams.get(name)!)
    foreign.searchParams.set(name.toUpperCase(), foreign.searchParams.get(name)!)
    mutants.push(missing, empty, doubled, foreign)
  }
  const unknown = link()
  unknown.searchParams.set('range', '0')
  const othersJob = new URL(other.file!.downloadUrl)
  othersJob.pathname = link().pathname
  const upperCase = link()
  upperCase.pathname = upperCase.pathname.toUpperCase().replace('/DOWNLOADS/EXP_', '/downloads/exp_')
  const bare = link()
  bare.pathname = bare.pathname.replace('exp_', '')
  mutants.push(unknown, othersJob, upperCase, bare, new URL(link().pathname, test.url()))
  for (const mutant of mutants) expect(await answer(mutant), mutant.href).toEqual([403, 'LINK_INVALID'])
})

it('accepts none of 2,000 links of which one parameter was changed', async () => {
  const original = link()
  const character = fc.constantFrom(...'0123456789abcdefABCDEFxyzXYZ-_.= \0é')
  const edit = fc.record({
    part: fc.constantFrom('principal', 'expires', 'signature', 'path'),
    at: fc.nat(80),
    to: character,
    how: fc.constantFrom('replace', 'insert', 'delete'),
  })
  await fc.assert(
    fc.asyncProperty(edit, async ({ part, at, to, how }) => {
      const query = new URLSearchParams(original.searchParams)
      const id = original.pathname.slice('/downloads/'.length)
      const text = part === 'path' ? id : query.get(part)!
      const place = at % (text.length + 1)
      const changed =
        text.slice(0, place) + (how === 'delete' ? '' : to) + text.slice(place + (how === 'insert' ? 0 : 1))
      fc.pre(changed !== text)
      if (part !== 'path') query.set(part, changed)
      const app = test.app()
      const opening = openDownload(app, part === 'path' ? changed : id, query)
      await expect(opening).rejects.toMatchObject({ code: 'LINK_INVALID' })
    }),
    { numRuns: 2000 },
  )
})

it('refuses paths that lead elsewhere', async () => {
  for (const path of [
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e/link-signing.key',
    '%00',
    'exp_',
    '',
    '../admin.key',
    `${job.id}/`,
    `${job.id}.csv`,
    `${job.id}%00`,
    '%',
  ]) {
    const [status] = await answer(`${test.url()}/downloads/${path}${link().search}`)
    expect([403, 404], path).toContain(status)
  }
})

it('ends a link on time, by the second', async () => {
  const expires = Number(link().searchParams.get('expires')) * 1000
  const whole = await openedAt(link(), expires - 1)
  await whole.close()
  await expect(openedAt(link(), expires)).rejects.toMatchObject({ code: 'LINK_EXPIRED' })
})

it('ends a link with the key that it was made for', async () => {
  const { key, secret } = await makeKey(test)
  const { file } = await awaitJob(test, job.id, secret)
  expect(await answer(file!.downloadUrl)).toEqual([200, undefined])
  await test.query('mutation ($k: String!) { revokeApiKey(input: { key: $k }) { key { id } } }', {
    k: key.prefix,
  })
  expect(await answer(file!.downloadUrl)).toEqual([403, 'LINK_INVALID'])
  expect(await answer(link())).toEqual([200, undefined])
})

it('serves a link to nobody of another project, though its signature is right', async () => {
  const admin = await callerOf(test)
  const stranger = await makeKey(test, { project: 'elsewhere' })
  const found = (await findJob(test.app(), admin, job.id.slice(4)))!
  const { path } = downloadLink(test.app(), { ...admin, principalId: stranger.key.id }, found)!
  expect(await answer(test.url() + path)).toEqual([403, 'LINK_INVALID'])
})

/** The artifacts that this process holds open. */
async function openArtifacts(): Promise<string[]> {
  const targets = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return targets.filter((target) => target.startsWith(join(test.config().dataDir, 'artifacts')))
}

it('closes the file when its reader leaves in the middle, and when it only asked for the head', async () => {
  const large = join(test.config().dataDir, 'artifacts', `${other.id.slice(4)}.1.csv`)
  // Longer than all buffers on the way, so that the server must still be sending.
  const bytes = 64 * 1024 * 1024
  await truncate(large, bytes)
  await test.database.client()`update export_jobs set bytes_written = ${bytes} where id = ${other.id.slice(4)}`
  // A handle that was forgotten is closed by the garbage collector some time, not without a warning.
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => {
      const leaving = request(other.file!.downloadUrl, (response) => {
        response.once('data', () => {
          response.destroy()
          resolve()
        })
      })
      leaving.end()
    })
    await fetch(link(), { method: 'HEAD' })
  }
  await eventually(async () => (await openArtifacts()).length === 0)
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
  expect(await answer(link())).toEqual([200, undefined])
})

it('says so when the file was cut, and when it is gone', async () => {
  const path = join(test.config().dataDir, 'artifacts', `${job.id.slice(4)}.1.csv`)
  await truncate(path, job.file!.bytes - 1)
  expect(await answer(link())).toEqual([410, 'FILE_GONE'])
  expect(await openArtifacts()).toEqual([])
  await rm(path)
  expect(await answer(link())).toEqual([410, 'FILE_GONE'])
})
