import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { browse as browseApp, idsWhere as idsOf, insertBrowsedRows, type Page } from '../support/browsing.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { downloadFile, parseFile } from '../support/files.ts'

const test = useTestApp()
beforeAll(() => insertBrowsedRows(test))

const browse = (variables: object) => browseApp(test, variables)
const idsWhere = (condition: string) => idsOf(test, condition)

const time = '2026-01-01T00:01:03.000000Z'
const cases: [object, string][] = [
  [{}, 'true'],
  [{ provider: { eq: 'openai' } }, `provider = 'openai'`],
  [{ provider: { in: ['openai', 'ollama', 'openai'] } }, `provider in ('openai', 'ollama')`],
  [{ provider: { in: [] } }, 'false'],
  [{ provider: { isNull: true } }, 'provider is null'],
  [{ provider: { isNull: false } }, 'provider is not null'],
  [{ provider: { eq: 'OpenAI' } }, 'false'],
  [{ model: { eq: 'ümläut 😀\'"\\' } }, `id % 60 = 2`],
  [{ model: { in: ['ümläut 😀\'"\\', 'gpt-5'] } }, `id % 60 = 2 or model = 'gpt-5'`],
  [{ testId: { eq: 'lop_eval_3__generated_test' } }, `id % 40 = 3`],
  [{ success: { eq: true } }, 'success'],
  [{ success: { eq: false } }, 'not success'],
  [{ success: { isNull: true } }, 'false'],
  [{ score: { gt: 0.5, lte: 0.75 } }, 'score > 0.5 and score <= 0.75'],
  [{ score: { eq: 0.919 } }, 'score = 0.919'],
  [{ score: { in: [0.919, 0.757] } }, 'score in (0.919, 0.757)'],
  [{ score: { isNull: true } }, 'score is null'],
  [{ occurredAt: { gte: time } }, `occurred_at >= '${time}'`],
  [{ occurredAt: { lt: time } }, `occurred_at < '${time}'`],
  [{ occurredAt: { gt: '2026-03-01T01:00:00.5+01:00' } }, `occurred_at > '2026-03-01T00:00:00.5Z'`],
  [
    { occurredAt: { gte: '2026-03-01T00:00:00.5Z', lte: '2026-03-01T00:00:00.500000Z' } },
    'id between 100 and 220',
  ],
  [{ occurredAt: { in: ['2026-03-01T00:00:00.5Z'] } }, 'id between 100 and 220'],
  [{ provider: { eq: 'openai' }, success: { eq: false } }, `provider = 'openai' and not success`],
  [{ provider: { eq: 'openai', in: ['ollama'] } }, 'false'],
  [
    { errorType: { eq: 'MaxTurnsExceeded' }, gradeOverall: { in: ['S', 'A'] } },
    `error_type is not null and grade_overall in ('S', 'A')`,
  ],
]

for (const [where, condition] of cases) {
  it(`finds exactly ${condition} by ${JSON.stringify(where)}, and counts it`, async () => {
    const expected = await idsWhere(condition)
    const { page } = await browse({ where, first: 500 })
    expect(page!.nodes.map((node) => node.id)).toEqual(expected.slice(0, 500))
    expect(page!.totalCount).toBe(expected.length)
    expect(page!.pageInfo.hasNextPage).toBe(expected.length > 500)
  })
}

it('refuses comparisons with null, each at its place', async () => {
  for (const [where, path] of [
    [{ provider: null }, ['where', 'provider']],
    [{ provider: { eq: null } }, ['where', 'provider', 'eq']],
    [{ provider: { in: null } }, ['where', 'provider', 'in']],
    [{ occurredAt: { gte: null } }, ['where', 'occurredAt', 'gte']],
    [{ success: { isNull: null } }, ['where', 'success', 'isNull']],
  ] as const) {
    const { errors } = await browse({ where })
    expect(errors![0]!.extensions).toMatchObject({ code: 'INVALID_INPUT', problems: [{ path }] })
  }
})

it(
  'shows by browsing exactly the records that an export of the same filter holds',
  { timeout: 60_000 },
  async () => {
    const value = fc.constantFrom(
      'openai',
      'anthropic',
      'gpt-5',
      'lop_eval_3__generated_test',
      'run-0',
      'S',
      'x',
    )
    const text = fc.record(
      { eq: value, in: fc.array(value, { maxLength: 3 }), isNull: fc.boolean() },
      { requiredKeys: [] },
    )
    const number = fc.double({ min: 0, max: 1, noNaN: true })
    const numbers = fc.record(
      { gt: number, gte: number, lt: number, lte: number, isNull: fc.boolean() },
      { requiredKeys: [] },
    )
    const instant = fc.constantFrom(
      '2026-01-01T00:02:00Z',
      '2026-01-01T00:08:00.5+01:00',
      '2026-03-01T00:00:00.500000Z',
    )
    const instants = fc.record({ gt: instant, gte: instant, lt: instant, lte: instant }, { requiredKeys: [] })
    const where = fc.record(
      {
        provider: text,
        model: text,
        testId: text,
        gradeOverall: text,
        success: fc.record({ eq: fc.boolean() }),
        score: numbers,
        occurredAt: instants,
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(where, fc.constantFrom('ASC', 'DESC'), async (filter, direction) => {
        const source = { evaluationResults: { where: filter, orderBy: { direction }, fields: ['ID'] } }
        const started = await startExport(test, { source, format: 'NDJSON' })
        const browsed: string[] = []
        for (let after: string | null | undefined; after !== null;) {
          const { page }: { page?: Page | undefined } = await browse({
            where: filter,
            first: 500,
            after,
            orderBy: { direction },
          })
          browsed.push(...page!.nodes.map((node) => node.id))
          expect(page!.totalCount).toBeGreaterThanOrEqual(browsed.length)
          after = page!.pageInfo.hasNextPage ? page!.pageInfo.endCursor : null
        }
        const records = parseFile('NDJSON', await downloadFile(await awaitJob(test, started.id)))
        expect(records.map((record) => record['id'])).toEqual(browsed)
      }),
      { numRuns: 40 },
    )
  },
)
