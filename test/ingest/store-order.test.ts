import fc from 'fast-check'
import type { Sql } from 'postgres'
import { beforeAll, expect, it } from 'vitest'
import type { EvaluationTest } from '../../src/ingest/records/evaluation-test.ts'
import { nothingStored } from '../../src/ingest/store/store-batch.ts'
import { useTestStore, type Source } from '../support/store.ts'

const testStore = useTestStore()
const { project, store } = testStore
let bulk: Sql
beforeAll(() => {
  bulk = testStore.bulk()
})

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
