import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { turn } from '../../bench/generated-sessions.ts'
import { killLeftovers, runCli, startCli, startServe, stop } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'
import { kill, until } from '../support/processes.ts'

const undisturbed = useTestDatabase()
const disturbed = useTestDatabase()
let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-killed-'))
})
afterAll(async () => {
  killLeftovers()
  await rm(base, { recursive: true, force: true })
})

const turns = 4000

/** All records with what they say, without the numbers that the order of arrival gives. */
async function shown(database: typeof disturbed): Promise<unknown> {
  const rows = await database.client()`
    select 'i' as kind, count(*)::int, sum(input_tokens)::text as tokens, md5(string_agg(md5((to_jsonb(t) - ${ours}::text[])::text), '' order by ingest_key)) as digest
    from agent_interactions t where dead_xid is null
    union all select 't', count(*)::int, sum(result_bytes)::text, md5(string_agg(md5((to_jsonb(t) - ${ours}::text[])::text), '' order by ingest_key))
    from tool_calls t where dead_xid is null
    union all select 'm', count(*)::int, sum(value)::text, md5(string_agg(md5((to_jsonb(t) - ${ours}::text[])::text), '' order by ingest_key))
    from performance_metrics t where dead_xid is null
    order by 1`
  return [...rows]
}
const ours = ['id', 'created_xid', 'dead_xid', 'source_file_id', 'subject_id', 'subject_record']

it('completes a file whose ingest was killed at any moment, by taking it in again, and doubles nothing', async () => {
  const file = join(base, 'session.jsonl')
  const lines = Array.from({ length: turns }, (_, number) => turn(number)).flat()
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const folder = join(base, 'data')
  const env = { EVALPORT_DATA_DIR: folder }

  const whole = await startServe(folder, { DATABASE_URL: undisturbed.url() })
  expect(await runCli(['ingest', file], { env })).toMatchObject({ code: 0 })
  await stop(whole)
  const expected = await shown(undisturbed)

  const records = async () =>
    Number((await disturbed.client()`select count(*) from tool_calls where dead_xid is null`)[0]!['count'])
  // The first time before anything is stored, then each time when some more is.
  for (const part of [0, 0.2, 0.5]) {
    const server = await startServe(folder, { DATABASE_URL: disturbed.url() })
    const client = startCli(['ingest', file], { env })
    await until(`${part} of the file is stored`, async () => (await records()) >= part * turns, 90_000)
    kill(server.pid)
    await server.ended()
    expect(await client.ended()).not.toMatchObject({ code: 0 })
  }
  const before = await records()
  expect(before).toBeGreaterThan(0)
  const server = await startServe(folder, { DATABASE_URL: disturbed.url() })
  const again = await runCli(['ingest', file, '--json'], { env })
  expect(again.code).toBe(0)
  expect(JSON.parse(again.stdout)).toMatchObject({ files: [{ status: 'ingested', refused: 0 }] })
  expect(await shown(disturbed)).toEqual(expected)
  const third = await runCli(['ingest', file, '--json'], { env })
  expect(JSON.parse(third.stdout)).toMatchObject({
    files: [{ status: 'unchanged', records: { added: 0, replaced: 0 } }],
  })
  await stop(server)
}, 240_000)
