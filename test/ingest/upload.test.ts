import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { IngestReport } from '../../src/ingest/report.ts'
import type { Stored } from '../../src/ingest/store/store-batch.ts'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'
import { until } from '../support/processes.ts'

const report = readFileSync(
  new URL('../fixtures/nano-agent/eval_results_7_date_parsing_test.md', import.meta.url),
)
const database = useTestDatabase()
const server = useTestServer(database, { EVALPORT_LOG_LEVEL: 'info' })

async function send(body: BodyInit, query: Record<string, string> = {}) {
  const response = await fetch(
    `${server.url()}/ingest?${new URLSearchParams({ path: 'a', ...query }).toString()}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key()}` },
      body,
    },
  )
  return (await response.json()) as IngestReport<Stored> & { error?: { problems: unknown[] } }
}

const response = (more: object) =>
  JSON.stringify({ success: true, result: '', metadata: { model: 'gpt-5', provider: 'openai' }, ...more })
const spooled = async () => (await readdir(join(server.dataDir(), 'spool')).catch(() => [])).length
const stored = async () =>
  Number(
    (await database.client()`select count(*) from evaluation_results where dead_xid is null`)[0]!['count'],
  )
const left = () => server.process().stderr().split('a sender went away').length - 1

it('stores one set of records, however many send the same file at once', async () => {
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, index) => send(report, { path: `copy ${index}` })),
  )
  expect(all.filter(({ status }) => status !== 'ingested' && status !== 'unchanged')).toEqual([])
  expect(all.reduce((sum, { records }) => sum + records.added, 0)).toBe(4)
  expect(await stored()).toBe(4)
  const files = await database.client()`select count(*)::int from source_files`
  expect({ files: files[0]!['count'] as number, spooled: await spooled() }).toEqual({ files: 1, spooled: 0 })
})

it('stores a response once, however many files with it come at once', async () => {
  const before = await stored()
  const same = Array.from({ length: 30 }, (_, index) => response({ result: `same ${index}` }))
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, index) => send(`${same.join('\n')}${'\n'.repeat(index)}`)),
  )
  expect(all.filter(({ status }) => status !== 'ingested')).toEqual([])
  expect(await stored()).toBe(before + 30)
})

it.each([
  ['in the middle of a body of a known length', 'Content-Length: 100000\r\n\r\n{"success": true,'],
  ['in the middle of a chunk', 'Transfer-Encoding: chunked\r\n\r\nffff\r\n{"success": true,'],
  ['between two chunks', 'Transfer-Encoding: chunked\r\n\r\n11\r\n{"success": true,\r\n'],
])('keeps nothing of a sender who goes away %s, and calls it no fault', async (_, rest) => {
  const [before, goneBefore] = [await stored(), left()]
  const { hostname, port } = new URL(server.url())
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(`POST /ingest?path=a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key()}\r\n${rest}`)
  await until('the file is received', async () => (await spooled()) > 0)
  socket.destroy()
  await until('nothing is left', async () => (await spooled()) === 0 && left() > goneBefore)
  expect(server.process().stderr()).not.toContain('"level":50')
  expect(await stored()).toBe(before)
})

it('takes the rest of a file with any number of broken records, counts them all, and tells ten thousand', async () => {
  const before = await stored()
  const broken = await send(`${response({ result: 'good' })}\n${'{"success": 1}\n'.repeat(25_000)}`)
  expect(broken).toMatchObject({ status: 'partial', records: { added: 1 }, refused: 25_000 })
  expect(broken.rejects).toHaveLength(10_000)
  expect(broken.rejects[0]).toMatchObject({
    line: 2,
    reason: expect.stringMatching(/^success: expected true/) as string,
    excerpt: '{"success":1}',
  })
  expect(await stored()).toBe(before + 1)
  const rows =
    await database.client()`select rejects, (select count(*)::int from ingest_rejects r where r.source_file_id = f.id) as told
    from source_files f where sha256 = decode(${broken.sha256}, 'hex')`
  expect(rows).toEqual([{ rejects: 25_000, told: 10_000 }])
})

it('quarantines what is nested too deeply, one gigantic line, UTF-16, and nothing at all', async () => {
  const bodies = [
    `{"success": true, "metadata": ${'{"a":'.repeat(500_000)}`,
    'a'.repeat(15_000_000),
    Buffer.from(`\uFEFF${response({})}`, 'utf16le'),
    '',
  ]
  for (const body of bodies) {
    expect(await send(body)).toMatchObject({ status: 'quarantined', records: { added: 0 }, rejects: [{}] })
  }
})

it('takes a path for what the sender calls the file, and opens nothing by it', async () => {
  const paths = ['/etc/passwd', '../../admin.key', 'nul\0byte', 'a\nb']
  for (const [index, path] of paths.entries())
    expect(await send(response({ result: `path ${index}` }), { path })).toMatchObject({
      path,
      status: 'ingested',
    })
  const rows =
    await database.client()`select path from source_files where path <> 'a' and path not like 'copy %'`
  expect(rows.map((row) => row['path'] as string).sort()).toEqual([
    '../../admin.key',
    '/etc/passwd',
    'a\nb',
    'nul\uFFFDbyte',
  ])
})

it('tells all that is wrong with the query', async () => {
  const wrong = await send(report, {
    path: '',
    time: '2026-02-30T00:00:00Z',
    time_source: 'guess',
    more: 'x',
  })
  expect(wrong).toMatchObject({ error: { code: 'INVALID_INPUT' } })
  expect(wrong.error!.problems).toHaveLength(4)
  for (const time of ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '2026-05-24T13:46:19+02:00']) {
    const { error } = await send(response({ result: time }), { time, time_source: 'git_commit' })
    expect(error).toMatchObject({ code: 'INVALID_INPUT', problems: [{ path: ['time'] }] })
  }
  const good = await send(response({ result: 'good time' }), {
    time: '2026-05-24T13:46:19.123456Z',
    time_source: 'git_commit',
  })
  expect(good).toMatchObject({ status: 'ingested' })
})
