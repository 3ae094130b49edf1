import { expect, it } from 'vitest'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()
const server = useTestServer(database)
/** On the database itself, as the command works. */
const cli = (args: readonly string[]) => server.cli(args, { env: { DATABASE_URL: database.url() } })

const digest = async () => {
  const rows = await database.client()`
    select 'r' as kind, md5(string_agg((to_jsonb(t) - ${ours}::text[])::text, '' order by ingest_key)) as digest from evaluation_results t
    union all select 'm', md5(string_agg((to_jsonb(t) - ${ours}::text[])::text, '' order by ingest_key)) from performance_metrics t
    union all select 'i', md5(string_agg((to_jsonb(t) - ${ours}::text[])::text, '' order by ingest_key)) from agent_interactions t
    union all select 't', md5(string_agg((to_jsonb(t) - ${ours}::text[])::text, '' order by ingest_key)) from tool_calls t
    order by 1`
  return Object.fromEntries(rows.map((row) => [row['kind'] as string, row['digest'] as string]))
}
const ours = ['id', 'created_xid']

it('seeds every dataset, the same rows for the same seed, and each once', async () => {
  const added = (count: number, unchanged: number) => ({ added: count, unchanged })
  const all = (counts: object) => ({
    evaluation_results: counts,
    performance_metrics: counts,
    agent_interactions: counts,
    tool_calls: counts,
  })
  const first = await cli(['seed', '--rows', '12000', '--seed', '7', '--json'])
  expect(first.code).toBe(0)
  expect(JSON.parse(first.stdout)).toEqual(all(added(12_000, 0)))
  const before = await digest()
  // An interrupted call is completed by the next one.
  await database.client()`delete from tool_calls where id % 3 = 0`
  await database.client()`delete from evaluation_results where id between 9000 and 11000`
  const again = await cli(['seed', '--rows', '12000', '--seed', '7', '--json'])
  expect(JSON.parse(again.stdout)).toEqual({
    ...all(added(0, 12_000)),
    evaluation_results: added(2001, 9999),
    tool_calls: added(4000, 8000),
  })
  expect(await digest()).toEqual(before)
  const other = await cli(['seed', '--rows', '10', '--seed', '8', '--dataset', 'tools', '--json'])
  expect(JSON.parse(other.stdout)).toEqual({ tool_calls: added(10, 0) })
})

it('holds hostile rows: formulas, control characters, secrets of the right shape, 40 kB prompts, extremes', async () => {
  const [row] = await database.client()`select
    count(*) filter (where response ~ '^[=+@-]' or prompt ~ '^[=+@-]')::int as formulas,
    count(*) filter (where response ~ '[\x01-\x08]' or prompt ~ '[\x01-\x08]')::int as controls,
    count(*) filter (where coalesce(prompt, '') || coalesce(response, '') ~ 'sk-ant-|ghp_|AKIA')::int as secrets,
    count(*) filter (where octet_length(prompt) >= 40000)::int as large,
    count(*) filter (where coalesce(prompt, '') || coalesce(response, '') ~ '[😀-🙏]')::int as emoji,
    count(*) filter (where coalesce(prompt, '') || coalesce(response, '') ~ '[א-ת]')::int as right_to_left,
    count(*) filter (where input_tokens = 9223372036854775807)::int as extremes,
    count(*) filter (where session_id is null and score is null)::int as unknowns
    from evaluation_results`
  for (const [what, count] of Object.entries(row!))
    expect([what, (count as number) > 0]).toEqual([what, true])
})

it('names everything that is wrong with the request', async () => {
  const wrong = await cli([
    'seed',
    '--rows',
    '0',
    '--seed',
    '-1',
    '--dataset',
    'nope',
    '--project',
    'foo',
    '--json',
  ])
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  const { error } = JSON.parse(wrong.stderr) as { error: { problems: { path: string[] }[] } }
  expect(error.problems.map(({ path }) => path[0])).toEqual(['--rows', '--seed', '--dataset', '--project'])
})
