import type { Sql } from 'postgres'
import { beforeAll, expect, it } from 'vitest'
import { toTold } from '../../src/ingest/store/told.ts'
import { useTestStore, type Source } from '../support/store.ts'

const test = useTestStore()
const { project, store } = test
let bulk: Sql
beforeAll(() => {
  bulk = test.bulk()
})

const call = (more: {
  key: string
  match?: string
  isRetelling?: boolean
  fields?: object
  at?: string
}): Source => ({
  rank: 2,
  output: {
    kind: 'tool_call',
    record: {
      naturalKey: [more.key],
      ...(more.match !== undefined && { matchKey: [more.match] }),
      isRetelling: more.isRetelling === true,
      fields: {
        occurredAt: '2026-01-01T00:00:00Z',
        occurredAtSource: more.at === undefined ? 'event' : 'file_mtime',
        ...more.fields,
      },
      raw: {},
    },
  },
})

it.each([
  ['the retelling first', [1, 0, 2]],
  ['the record first', [0, 1, 2]],
  ['what matches last', [0, 2, 1]],
  ['the end before the beginning', [2, 1, 0]],
])('makes one record of a call, its end and its retelling: %s', async (_, order) => {
  const id = await project()
  const tellings = [
    call({
      key: 'toolu_1',
      match: 'first ls',
      fields: { toolName: 'Bash', startedAt: '2026-01-01T00:00:00Z' },
    }),
    call({
      key: 'first ls',
      match: 'first ls',
      isRetelling: true,
      at: 'mtime',
      fields: { interrupted: false },
    }),
    call({
      key: 'toolu_1',
      fields: { endedAt: '2026-01-01T00:00:02.25Z', result: 'x', occurredAt: '2026-01-01T00:00:02.25Z' },
    }),
  ]
  for (const index of order) await store(id, [tellings[index]!])
  const rows =
    await bulk`select occurred_at::text as at, tool_name, interrupted, result, duration_ns::text as ns, result_bytes::int as bytes
    from tool_calls where project_id = ${id} and dead_xid is null`
  expect(rows).toEqual([
    {
      at: '2026-01-01 00:00:00+00',
      tool_name: 'Bash',
      interrupted: false,
      result: 'x',
      ns: '2250000000',
      bytes: 3,
    },
  ])
})

it('joins a retelling to the same one of several that match, whoever comes first, and loses none', async () => {
  const joined = new Set<string>()
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ]) {
    const id = await project()
    const tellings = [
      call({ key: 'toolu_1', match: 'ls', fields: { callId: 'toolu_1' } }),
      call({ key: 'toolu_2', match: 'ls', fields: { callId: 'toolu_2' } }),
      call({ key: 'ls', match: 'ls', isRetelling: true, fields: { interrupted: true } }),
    ]
    for (const index of order) await store(id, [tellings[index]!])
    const rows = await bulk`select call_id, interrupted from tool_calls
      where project_id = ${id} and dead_xid is null order by call_id`
    expect(rows).toHaveLength(2)
    joined.add(JSON.stringify(rows))
  }
  expect(joined.size).toBe(1)
})

it('ends old versions instead of changing them, and their metrics with them', async () => {
  const id = await project()
  const answer = (rank: number, outputTokens: bigint): Source => ({
    rank,
    output: {
      kind: 'evaluation_result',
      record: {
        naturalKey: ['r'],
        fields: {
          occurredAt: '2026-01-01T00:00:00Z',
          occurredAtSource: 'event',
          run: 'r',
          framework: 'f',
          provider: 'openai',
          model: 'gpt-5',
          outputTokens,
        },
        raw: {},
      },
    },
  })
  expect((await store(id, [answer(1, 5n)])).byKind.evaluation_result).toEqual({
    added: 1,
    replaced: 0,
    unchanged: 0,
  })
  const snapshot = (await bulk`select pg_current_snapshot()::text as now`)[0]!['now'] as string
  await store(id, [answer(3, 6n)])
  await store(id, [answer(1, 5n)])
  const tokens = async (visible: string) =>
    (
      await bulk.unsafe(`select r.output_tokens::text as output, m.value from evaluation_results r
        join performance_metrics m on m.subject_record = r.id and m.token_type = 'output' where r.project_id = ${id} and ${visible}`)
    ).map((row) => [row['output'], row['value']] as unknown)
  expect(await tokens('r.dead_xid is null and m.dead_xid is null')).toEqual([['6', 6]])
  const then = (t: string) =>
    `pg_visible_in_snapshot(${t}.created_xid, '${snapshot}') and (${t}.dead_xid is null or not pg_visible_in_snapshot(${t}.dead_xid, '${snapshot}'))`
  expect(await tokens(`${then('r')} and ${then('m')}`)).toEqual([['5', 5]])
})

it('refuses what no column can hold, naming every field', () => {
  const source: Source = {
    rank: 1,
    output: {
      kind: 'evaluation_result',
      record: {
        naturalKey: ['r'],
        fields: {
          occurredAt: '2026-01-01T00:00:00Z',
          occurredAtSource: 'event',
          run: 'r'.repeat(513),
          model: 'm',
          score: Number.NaN,
          inputTokens: 2n ** 63n,
          costReportedUsd: '123456789.5',
        },
        raw: {},
      },
    },
  }
  expect(toTold(source.output, { path: 'a', rank: 1 })).toEqual({
    problems:
      'run: longer than 512 characters; score: not a finite number; ' +
      'inputTokens: 9223372036854775808: more than the database can hold; costReportedUsd: 123456789.5: more than the database can hold',
  })
})
