import fc from 'fast-check'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { builtInPrices } from '../../src/ingest/normalise/price-table.ts'
import type { RecordOutput } from '../../src/ingest/reader.ts'
import type { EvaluationTest } from '../../src/ingest/records/evaluation-test.ts'
import { nothingStored, storeBatch, type StoredOfFile } from '../../src/ingest/store/store-batch.ts'
import { toTold, type Told } from '../../src/ingest/store/told.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()
let bulk: Sql
beforeAll(() => {
  bulk = postgres(database.url(), { max: 2, onnotice: () => {}, connection: { TimeZone: 'UTC' } })
})
afterAll(() => bulk.end())

const fileId = '00000000-0000-7000-8000-000000000001'

/** A project of its own, with a file that tells of its records. */
async function project(): Promise<number> {
  const [row] = await bulk`insert into projects (name) values (gen_random_uuid()::text) returning id`
  const id = row!['id'] as number
  await bulk`insert into source_files (id, project_id, sha256, bytes, path, status, records, rejects)
    values (${fileId}, ${id}, '', 0, 'a', 'reading', 0, 0) on conflict (id) do nothing`
  return id
}

interface Source {
  readonly output: RecordOutput
  readonly rank: number
}

const told = ({ output, rank }: Source): Told => {
  const each = toTold(output, { path: `file of rank ${rank}`, rank })
  if ('problems' in each) throw new Error(each.problems)
  return each
}

async function store(
  projectId: number,
  sources: readonly Source[],
  tests: readonly EvaluationTest[] = [],
  stored: StoredOfFile = nothingStored(),
): Promise<StoredOfFile> {
  const place = { projectId, sourceFileId: fileId, prices: builtInPrices }
  await bulk.begin((sql) => storeBatch(sql, place, { told: sources.map(told), tests }, stored))
  return stored
}

const tables = ['evaluation_results', 'agent_interactions', 'tool_calls', 'performance_metrics'] as const

/** What a project shows, without the numbers that the order of arrival gives. */
async function shown(projectId: number): Promise<unknown> {
  const all: Record<string, unknown> = {}
  for (const table of tables) {
    all[table] = await bulk.unsafe(
      `select to_jsonb(t) - '{id,project_id,created_xid,subject_id,subject_record,parts}'::text[] as row
       from ${table} t where project_id = $1 and dead_xid is null order by ingest_key, 1`,
      [projectId],
    )
  }
  return JSON.parse(JSON.stringify(all)) as unknown
}

const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01.5Z', '2026-01-02T00:00:00.000001Z')
const timeSource = fc.constantFrom('event', 'git_commit', 'file_mtime')
const words = fc.constantFrom('a', 'b', 'c\0', '\ud800', '\\N\t\n\\', '🙂')
const part = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const toolCall = fc
  .record({
    call: fc.constantFrom('1', '2', '3'),
    nth: fc.constantFrom(1, 2),
    isRetelling: fc.boolean(),
    hasMatch: fc.boolean(),
    weight: fc.constantFrom(0, 500, 501),
    rank: fc.constantFrom(2, 3),
    at: time,
    atSource: timeSource,
    started: part(time),
    ended: part(time),
    result: part(
      fc.oneof(words, fc.constantFrom({ b: 1, a: [1.5, null] }, { a: [1.5, null], b: 1 }, [1e21, -0])),
    ),
    guess: part(fc.boolean()),
  })
  .map(
    ({
      call,
      nth,
      isRetelling,
      hasMatch,
      weight,
      rank,
      at,
      atSource,
      started,
      ended,
      result,
      guess,
    }): Source => {
      // Two calls and several retellings may fit each other alike.
      const match = ['match', isRetelling ? nth : (Number(call) % 2) + 1]
      return {
        rank,
        output: {
          kind: 'tool_call',
          record: {
            naturalKey: isRetelling ? ['retold', call, nth] : ['call', call],
            ...((isRetelling || hasMatch) && { matchKey: match }),
            isRetelling,
            weight,
            fields: {
              occurredAt: at,
              occurredAtSource: atSource,
              toolName: 'Bash',
              ...(started !== undefined && { startedAt: started }),
              ...(ended !== undefined && { endedAt: ended }),
              ...(result !== undefined && { result }),
            },
            ...(guess !== undefined && { guesses: { success: guess } }),
            raw: { [isRetelling ? 'hook' : 'line']: { at, weight } },
          },
        },
      }
    },
  )

const result = fc
  .record({
    key: fc.constantFrom('x', 'y'),
    rank: fc.constantFrom(1, 3),
    at: time,
    cost: part(fc.constantFrom('0.1', '0.10', '1.4e-7', '0.0000000000004')),
    score: part(fc.constantFrom(0, -0, 0.1, 1e-300)),
    input: part(fc.constantFrom(0n, 5n, 2n ** 62n)),
    output: part(fc.constantFrom(0n, 7n)),
    prompt: part(fc.constantFrom('Do it.', ' Do it.\r\n', 'Other')),
  })
  .map(({ key, rank, at, cost, score, input, output, prompt }): Source => ({
    rank,
    output: {
      kind: 'evaluation_result',
      record: {
        naturalKey: ['result', key],
        fields: {
          occurredAt: at,
          occurredAtSource: 'event',
          run: `run ${key}`,
          framework: 'test',
          provider: 'openai',
          model: 'gpt-5',
          ...(cost !== undefined && { costReportedUsd: cost }),
          ...(score !== undefined && { score }),
          ...(input !== undefined && { inputTokens: input }),
          ...(output !== undefined && { outputTokens: output }),
          ...(prompt !== undefined && { prompt }),
        },
        raw: {},
      },
    },
  }))

const test = fc.constantFrom<EvaluationTest>(
  {
    testId: 't',
    testVersion: '1',
    promptOrder: 'LOP',
    prompt: 'Do it.',
    expected: 'one',
    since: '2025-01-01T00:00:00Z',
  },
  {
    testId: 't',
    testVersion: '2',
    promptOrder: 'LOP',
    prompt: 'Do it.',
    expected: 'two',
    since: '2026-01-01T12:00:00Z',
  },
  {
    testId: 't',
    testVersion: '2',
    promptOrder: 'LOP',
    prompt: 'Do it.',
    expected: 'two',
    since: '2026-01-01T00:00:00Z',
  },
)

type Item = { readonly source: Source } | { readonly test: EvaluationTest }
const items = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: toolCall.map((source): Item => ({ source })) },
    { weight: 4, arbitrary: result.map((source): Item => ({ source })) },
    { weight: 1, arbitrary: test.map((each): Item => ({ test: each })) },
  ),
  { maxLength: 12 },
)

async function storeAll(projectId: number, batches: readonly (readonly Item[])[]): Promise<void> {
  for (const batch of batches) {
    await store(
      projectId,
      batch.flatMap((item) => ('source' in item ? [item.source] : [])),
      batch.flatMap((item) => ('test' in item ? [item.test] : [])),
    )
  }
}

it('shows the same records, however often and in whatever order and batches they are told of', async () => {
  await fc.assert(
    fc.asyncProperty(items, fc.infiniteStream(fc.nat(1000)), async (list, random) => {
      const pick = (below: number) => (random.next().value as number) % below
      const [one, other] = [await project(), await project()]
      await storeAll(one, [list])
      // The same in another order, some of it twice, cut anywhere.
      const shuffled = [...list, ...list.filter(() => pick(3) === 0)]
      for (let index = shuffled.length - 1; index > 0; index--) {
        const place = pick(index + 1)
        ;[shuffled[index], shuffled[place]] = [shuffled[place]!, shuffled[index]!]
      }
      const batches: Item[][] = [[]]
      for (const item of shuffled) {
        if (pick(3) === 0) batches.push([])
        batches.at(-1)!.push(item)
      }
      await storeAll(other, batches)
      expect(await shown(other)).toEqual(await shown(one))
      // And once more changes nothing at all.
      const stored = nothingStored()
      for (const batch of batches) {
        await store(
          other,
          batch.flatMap((item) => ('source' in item ? [item.source] : [])),
          [],
          stored,
        )
      }
      expect(stored.byKind.tool_call).toMatchObject({ added: 0, replaced: 0 })
      expect(stored.byKind.evaluation_result).toMatchObject({ added: 0, replaced: 0 })
      expect(stored.madeMetrics).toBe(0)
    }),
    { numRuns: 25 },
  )
}, 120_000)

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
