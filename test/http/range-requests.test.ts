import { createHash } from 'node:crypto'
import { request, type IncomingHttpHeaders } from 'node:http'
import { beforeAll, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

const test = useTestApp()
let job: TestJob
let file: Buffer

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** By a client that adds no header and unpacks nothing. */
async function send(method: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(job.file!.downloadUrl, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks),
        }),
      )
    })
    sent.once('error', reject)
    sent.end()
  })
}

beforeAll(async () => {
  await insertGeneratedRows(test.database.client(), 1, 2000)
  job = await awaitJob(
    test,
    (await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })).id,
  )
  file = (await send('GET')).body
})

it('sends the whole file to whoever asks for no part', () => {
  expect(createHash('sha256').update(file).digest('hex')).toBe(job.file!.sha256)
})

it('sends a part with the digest of the whole and the name of the file', async () => {
  const { status, headers, body } = await send('GET', { range: 'bytes=10-99', 'accept-encoding': 'gzip' })
  expect(status).toBe(206)
  expect(body.equals(file.subarray(10, 100))).toBe(true)
  expect(headers).toMatchObject({
    'accept-ranges': 'bytes',
    'content-type': 'text/csv; charset=utf-8',
    'content-length': '90',
    'content-range': `bytes 10-99/${file.length}`,
    'content-disposition': `attachment; filename="${job.file!.name}"`,
    etag: `"${job.file!.sha256}"`,
    'repr-digest': `sha-256=:${createHash('sha256').update(file).digest('base64')}:`,
  })
  expect(job.file!.name).toMatch(/^[A-Za-z0-9_.-]+$/)
})

it('sends the end of the file to whoever asks for its last bytes or goes on from a byte', async () => {
  const last = await send('GET', { range: 'bytes=-7' })
  expect([last.status, last.body.toString()]).toEqual([206, file.subarray(-7).toString()])
  const rest = await send('GET', { range: 'bytes=1000-', 'if-range': `"${job.file!.sha256}"` })
  expect(rest.status).toBe(206)
  expect(rest.body.equals(file.subarray(1000))).toBe(true)
})

it('answers 416 with the size to a part beyond the end, and sends no byte', async () => {
  for (const range of [`bytes=${file.length}-`, 'bytes=-0', `bytes=${'9'.repeat(30)}-`]) {
    const { status, headers, body } = await send('GET', { range })
    expect([status, headers['content-range'], headers['content-length'], body.length]).toEqual([
      416,
      `bytes */${file.length}`,
      '0',
      0,
    ])
    expect(headers['content-disposition']).toBeUndefined()
  }
})

it('sends the whole for several parts, for other units, and for a part of another file', async () => {
  for (const headers of [
    { range: 'bytes=0-1,4-5' },
    { range: 'rows=0-1' },
    { range: 'bytes=0-1', 'if-range': `W/"${job.file!.sha256}"` },
    { range: 'bytes=0-1', 'if-range': '"another"' },
    { range: 'bytes=99999999-', 'if-range': '"another"' },
  ]) {
    const answer = await send('GET', headers)
    expect([answer.status, answer.headers['content-range']]).toEqual([200, undefined])
    expect(answer.body.equals(file)).toBe(true)
  }
})

it('tells HEAD of the whole file, whatever part it names', async () => {
  const heads = [
    await send('HEAD'),
    await send('HEAD', { range: 'bytes=0-9' }),
    await send('HEAD', { range: `bytes=${file.length}-` }),
  ]
  for (const { status, headers, body } of heads) {
    expect([status, headers['content-length'], headers['content-range'], body.length]).toEqual([
      200,
      String(file.length),
      undefined,
      0,
    ])
    expect(headers.etag).toBe(`"${job.file!.sha256}"`)
  }
})

it('packs nothing on the way, whatever the client takes', async () => {
  for (const encoding of ['gzip', 'gzip, br, zstd', '*', 'identity;q=0, *']) {
    const { headers, body } = await send('GET', { 'accept-encoding': encoding })
    expect([headers['content-encoding'], headers['transfer-encoding'], headers['vary']]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(body.equals(file)).toBe(true)
  }
})
