import { expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })
const csv = { source: { evaluationResults: { fields: ['ID', 'MODEL'] } }, format: 'CSV' }
const jobs = async () => (await test.database.client()`select id from export_jobs`).length

interface Answer {
  readonly __typename: string
  readonly isRepeat?: boolean
  readonly job?: { readonly id: string }
  readonly message?: string
  readonly problems?: readonly { readonly path: readonly string[]; readonly suggestion: string | null }[]
}

async function start(input: object, key?: string): Promise<Answer> {
  const { data, errors } = await test.query<{ startExport: Answer }>(
    `mutation ($input: StartExportInput!) { startExport(input: $input) { __typename
      ... on StartExportSuccess { isRepeat job { id status version createdAt idempotencyKey columns { header } } }
      ... on UserError { message } ... on ValidationError { problems { path suggestion } } } }`,
    { input },
    key,
  )
  expect(errors).toBeUndefined()
  return data.startExport
}

it(
  'makes one job of a hundred equal requests at once, and gives all the same answer',
  { timeout: 120_000 },
  async () => {
    const input = { ...csv, idempotencyKey: 'one-of-a-hundred' }
    const answers = await Promise.all(Array.from({ length: 100 }, () => start(input)))
    expect(await jobs()).toBe(1)
    expect(answers.filter(({ isRepeat }) => isRepeat === false)).toHaveLength(1)
    expect(answers.filter(({ isRepeat }) => isRepeat === true)).toHaveLength(99)
    expect(new Set(answers.map(({ job }) => JSON.stringify(job))).size).toBe(1)
    expect(answers[0]!.job).toMatchObject({ status: 'QUEUED', idempotencyKey: 'one-of-a-hundred' })
  },
)

it.each<[string, object]>([
  ['another format', { format: 'NDJSON' }],
  ['another field', { source: { evaluationResults: { fields: ['ID', 'RUN'] } } }],
  ['the fields in another order', { source: { evaluationResults: { fields: ['MODEL', 'ID'] } } }],
  [
    'a filter',
    { source: { evaluationResults: { fields: ['ID', 'MODEL'], where: { model: { eq: 'gpt-5' } } } } },
  ],
  [
    'another order',
    { source: { evaluationResults: { fields: ['ID', 'MODEL'], orderBy: { direction: 'DESC' } } } },
  ],
  ['pseudonyms of another scope', { pseudonymScope: 'EXPORT' }],
])('refuses the same key for %s, and names the job that it stands for', async (what, change) => {
  const input = { ...csv, idempotencyKey: `key-${what.replaceAll(' ', '-')}` }
  const first = await start(input)
  const before = await jobs()
  const answer = await start({ ...input, ...change })
  expect(answer).toMatchObject({ __typename: 'ConflictError' })
  expect(answer.message).toContain(first.job!.id)
  expect(await jobs()).toBe(before)
  expect(await start(input)).toMatchObject({ isRepeat: true, job: { id: first.job!.id } })
})

it('takes the same key from another caller for another request', async () => {
  const input = { ...csv, idempotencyKey: 'of-two-callers' }
  const own = await start(input)
  const others = [
    (await makeKey(test, { role: 'analyst' })).secret,
    (await makeKey(test, { project: 'other' })).secret,
  ]
  const ids = new Set([own.job!.id])
  for (const key of others) {
    const answer = await start({ ...input, format: 'NDJSON' }, key)
    expect(answer).toMatchObject({ isRepeat: false })
    ids.add(answer.job!.id)
  }
  expect(ids.size).toBe(3)
})

it('starts a new job each time without a key', async () => {
  const answers = [await start(csv), await start(csv), await start({ ...csv, idempotencyKey: null })]
  expect(answers.map(({ isRepeat }) => isRepeat)).toEqual([false, false, false])
  expect(new Set(answers.map(({ job }) => job!.id)).size).toBe(3)
})

it.each(['', ' ', 'two words', 'a\n', 'schlüssel', '\u0000', '😀', 'x'.repeat(256)])(
  'refuses the key %j, and tells where it stands',
  async (idempotencyKey) => {
    const before = await jobs()
    expect(await start({ ...csv, idempotencyKey })).toMatchObject({
      __typename: 'ValidationError',
      problems: [{ path: ['input', 'idempotencyKey'], suggestion: 'Use a random UUID.' }],
    })
    expect(await jobs()).toBe(before)
  },
)

it('takes the longest key that there may be', async () => {
  expect(await start({ ...csv, idempotencyKey: '~'.repeat(255) })).toMatchObject({ isRepeat: false })
})
