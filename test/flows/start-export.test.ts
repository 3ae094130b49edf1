import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { jobFields, startExport, type TestJob } from '../support/exports.ts'
import { makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })

interface Problem {
  readonly message: string
  readonly path: readonly string[]
  readonly suggestion: string | null
}
interface Result {
  readonly __typename: string
  readonly code?: string
  readonly message?: string
  readonly problems?: readonly Problem[]
  readonly job?: TestJob & { readonly columns: readonly { readonly field: string }[] }
}

/** A key that may not see content. */
let reader: string
beforeAll(async () => {
  reader = (await makeKey(test, { role: 'reader' })).secret
})

async function start(input: object, key?: string) {
  const { data, errors, status } = await test.query<{ startExport: Result } | undefined>(
    `mutation ($input: StartExportInput!) { startExport(input: $input) { __typename
      ... on StartExportSuccess { job { ${jobFields} columns { field } } }
      ... on UserError { code message }
      ... on ValidationError { problems { message path suggestion } }
      ... on ForbiddenError { problems { message path suggestion } } } }`,
    { input },
    key,
  )
  return { result: data?.startExport, errors, status }
}

/** Everything that a request writes. */
async function written(): Promise<unknown> {
  const [counts] = await test.database.client()`select (select count(*) from export_jobs) as jobs,
    (select count(*) from pgboss.job) as wake_ups`
  return counts
}

let before: unknown
beforeEach(async () => {
  before = await written()
})

const results = (more: object) => ({ source: { evaluationResults: more }, format: 'CSV' })

it('makes a job of the default columns, queued, with one wake-up', async () => {
  const { result } = await start(results({}))
  expect(result).toMatchObject({
    __typename: 'StartExportSuccess',
    job: { status: 'QUEUED', version: 1, file: null },
  })
  const { data } = await test.query<{ exportDatasets: { fields: { name: string; isDefault: boolean }[] }[] }>(
    '{ exportDatasets { fields { name isDefault } } }',
  )
  const defaults = data.exportDatasets[0]!.fields.filter((field) => field.isDefault)
  expect(result!.job!.columns.map((column) => column.field)).toEqual(defaults.map((field) => field.name))
  const [was, is] = [before, await written()] as Record<'jobs' | 'wake_ups', string>[]
  expect([Number(is!.jobs) - Number(was!.jobs), Number(is!.wake_ups) - Number(was!.wake_ups)]).toEqual([1, 1])
})

it('keeps the columns in the order in which they were asked for', async () => {
  const { result } = await start(results({ fields: ['MODEL', 'ID', 'OCCURRED_AT'] }))
  expect(result!.job!.columns.map((column) => column.field)).toEqual(['model', 'id', 'occurred_at'])
})

it('tells every problem of an input at once, each at its place and with what to do', async () => {
  const { result } = await start(
    {
      source: {
        evaluationResults: {
          fields: ['ID', 'MODEL', 'ID', 'PROMPT'],
          where: {
            provider: { eq: null },
            model: { in: ['a', 'b\0'] },
            occurredAt: { gte: 'yesterday', lt: '0000-01-01T00:00:00Z' },
            score: null,
          },
        },
      },
      format: 'XML',
      formatOptions: { delimiter: ';' },
    },
    reader,
  )
  expect(result).toMatchObject({ __typename: 'ValidationError', code: 'INVALID_INPUT' })
  const at = (...path: string[]) => ['input', 'source', 'evaluationResults', ...path].join('.')
  expect(
    Object.fromEntries(result!.problems!.map((problem) => [problem.path.join('.'), problem.suggestion])),
  ).toEqual({
    [at('fields', '2')]: 'Name it once.',
    [at('fields', '3')]: 'Leave prompt out.',
    [at('where', 'provider', 'eq')]: 'Instead, leave eq out, or use isNull.',
    [at('where', 'model', 'in')]: null,
    [at('where', 'occurredAt', 'gte')]: null,
    [at('where', 'occurredAt', 'lt')]: null,
    [at('where', 'score')]: 'Instead, leave score out, or use isNull.',
    'input.formatOptions': null,
  })
  for (const problem of result!.problems!) expect(result!.message).toContain(problem.message)
  expect(await written()).toEqual(before)
})

it('refuses formatOptions that are no object, and options that the format does not have', async () => {
  for (const formatOptions of [[], 'x', 5, true, { bom: true }, { __proto__x: 1 }, { a: { b: [] } }]) {
    const { result } = await start({ ...results({}), formatOptions })
    expect(result, JSON.stringify(formatOptions)).toMatchObject({
      __typename: 'ValidationError',
      problems: [{ path: ['input', 'formatOptions'] }],
    })
  }
  expect(await written()).toEqual(before)
  for (const formatOptions of [null, {}]) {
    expect((await start({ ...results({}), formatOptions })).result!.__typename).toBe('StartExportSuccess')
  }
})

it('refuses an export of no field', async () => {
  expect((await start(results({ fields: [] }))).result).toMatchObject({
    problems: [{ path: ['input', 'source', 'evaluationResults', 'fields'] }],
  })
  expect(await written()).toEqual(before)
})

it('refuses each content field as a column, naming all of them', async () => {
  const { result } = await start(
    results({ fields: ['ID', 'PROMPT', 'RESPONSE', 'ERROR_MESSAGE', 'EXPECTED', 'SOURCE_FILE'] }),
    reader,
  )
  expect(result).toMatchObject({ __typename: 'ForbiddenError', code: 'FIELD_FORBIDDEN' })
  expect(result!.problems!.map((problem) => problem.suggestion)).toEqual([
    'Leave prompt out.',
    'Leave response out.',
    'Leave error_message out.',
    'Leave expected out.',
    'Leave source_file out.',
  ])
  expect(await written()).toEqual(before)
})

it('has no filter for content, nor for any field whose values a guess could find out', async () => {
  const { data } = await test.query<{
    exportDatasets: { fields: { graphqlName: string; isFilterable: boolean; isAllowed: boolean }[] }[]
  }>('{ exportDatasets { fields { graphqlName isFilterable isAllowed } } }', {}, reader)
  const refused = data.exportDatasets[0]!.fields.filter((field) => !field.isAllowed)
  expect(refused.length).toBeGreaterThan(3)
  for (const { graphqlName } of refused) {
    const { errors, status } = await start(results({ where: { [graphqlName]: { eq: 'x' } } }))
    expect([status, errors![0]!.message]).toEqual([
      400,
      expect.stringContaining(`Field "${graphqlName}" is not defined`),
    ])
  }
  expect(await written()).toEqual(before)
})

it('says what was meant for names that it does not know', async () => {
  for (const [input, meant] of [
    [results({ fields: ['MODLE'] }), '"MODEL"'],
    [results({ where: { provder: { eq: 'x' } } }), '"provider"'],
    [results({ where: { provider: { equ: 'x' } } }), '"eq"'],
    [{ ...results({}), format: 'JSONN' }, '"JSON"'],
    [{ source: { evaluationResult: {} }, format: 'CSV' }, '"evaluationResults"'],
    [results({ orderBy: { direction: 'DECS' } }), '"DESC"'],
  ] as const) {
    const { errors, status } = await start(input)
    expect(status).toBe(400)
    expect(errors!.map((error) => error.message).join('\n'), JSON.stringify(input)).toContain(`Did you mean`)
    expect(errors!.map((error) => error.message).join('\n')).toContain(meant)
  }
  expect(await written()).toEqual(before)
})

it('takes exactly one source', async () => {
  for (const source of [{}, { evaluationResults: null }]) {
    expect((await start({ source, format: 'CSV' })).status).toBe(400)
  }
  expect(await written()).toEqual(before)
})

it('leaves no job behind when the wake-up cannot be written', async () => {
  const sql = test.database.client()
  await sql`alter table pgboss.job add constraint no_wake_ups check (false) not valid`
  const { errors } = await start(results({}))
  await sql`alter table pgboss.job drop constraint no_wake_ups`
  expect(errors![0]!.extensions['code']).toBe('INTERNAL')
  expect(errors![0]!.message).not.toMatch(/pgboss|relation|no_wake_ups/)
  expect(await written()).toEqual(before)
  expect((await startExport(test, results({}))).status).toBe('QUEUED')
})

it('wakes nobody for a job that does not come to be', async () => {
  const sql = test.database.client()
  await sql`create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$`
  await sql`create constraint trigger refuse after insert on export_jobs deferrable initially deferred
    for each row execute function refuse()`
  const { errors } = await start(results({}))
  await sql`drop trigger refuse on export_jobs`
  expect(errors![0]!.extensions['code']).toBe('INTERNAL')
  expect(await written()).toEqual(before)
})

it('tells of 100 percent only when the export has succeeded', async () => {
  const { id } = await startExport(test, results({}))
  for (const [written, total, percent] of [
    [0, null, null],
    [0, 0, 0],
    [1, 3, 33],
    [1000, 1000, 99],
    [1001, 1000, 99],
  ]) {
    await test.database.client()`update export_jobs set status = 'RUNNING', rows_written = ${written!},
      rows_total = ${total!} where id = ${id.slice(4)}`
    const { data } = await test.query('query ($id: ID!) { exportJob(id: $id) { progress { percent } } }', {
      id,
    })
    expect(data).toEqual({ exportJob: { progress: { percent } } })
  }
})

it('lists the jobs newest first, in pages that miss none', async () => {
  const all: string[] = []
  for (let index = 0; index < 5; index++) all.unshift((await startExport(test, results({}))).id)
  const page = async (before?: string) =>
    (
      await test.query<{ exportJobs: { id: string }[] }>(
        'query ($before: ID) { exportJobs(first: 2, before: $before) { id } }',
        { before },
      )
    ).data.exportJobs.map((job) => job.id)
  const first = await page()
  const second = await page(first[1])
  const third = await page(second[1])
  expect([...first, ...second, third[0]]).toEqual(all)
  for (const wrong of ['first: 0', 'first: 201', 'before: "nonsense"', 'first: 0, before: ""']) {
    const { errors } = await test.query(`{ exportJobs(${wrong}) { id } }`)
    expect(errors![0]!.extensions['code'], wrong).toBe('INVALID_INPUT')
  }
})
