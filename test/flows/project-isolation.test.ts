import { beforeAll, expect, it } from 'vitest'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { downloadFile, parseFile } from '../support/files.ts'
import { makeKey } from '../support/keys.ts'
import { watchByStream } from '../support/subscriptions.ts'

const test = useTestApp()

let ours: string
let theirs: string
beforeAll(async () => {
  const sql = test.database.client()
  ours = test.key()
  theirs = (await makeKey(test, { project: 'theirs' })).secret
  const [project] = await sql<{ id: number }[]>`select id from projects where name = 'theirs'`
  await insertGeneratedRows(sql, 1, 40)
  await insertGeneratedRows(sql, project!.id, 25)
})

it('shows each project its own results alone', async () => {
  const document = '{ evaluationResults(first: 100) { totalCount nodes { id } pageInfo { endCursor } } }'
  interface Page {
    evaluationResults: { totalCount: number; nodes: { id: string }[]; pageInfo: { endCursor: string } }
  }
  const [mine, other] = [
    await test.query<Page>(document, {}, ours),
    await test.query<Page>(document, {}, theirs),
  ]
  expect(mine.data.evaluationResults.totalCount).toBe(40)
  expect(other.data.evaluationResults.totalCount).toBe(25)
  const all = [...mine.data.evaluationResults.nodes, ...other.data.evaluationResults.nodes].map(
    (node) => node.id,
  )
  expect(new Set(all).size).toBe(65)
  const next = await test.query<Page>(
    'query ($c: String) { evaluationResults(before: $c, last: 500, orderBy: { direction: DESC }) { nodes { id } } }',
    { c: mine.data.evaluationResults.pageInfo.endCursor },
    theirs,
  )
  expect(
    next.data.evaluationResults.nodes.every(
      (node) => !mine.data.evaluationResults.nodes.some(({ id }) => id === node.id),
    ),
  ).toBe(true)
})

it('keeps the jobs, news and files of a project from the keys of another', async () => {
  const input = { source: { evaluationResults: {} }, format: 'NDJSON' }
  const mine = await awaitJob(test, (await startExport(test, input, ours)).id, ours)
  const other = await awaitJob(test, (await startExport(test, input, theirs)).id, theirs)
  expect([mine.file!.rows, other.file!.rows]).toEqual([40, 25])
  const ids = parseFile('NDJSON', await downloadFile(mine)).map((row) => row['id'])
  expect(parseFile('NDJSON', await downloadFile(other)).filter((row) => ids.includes(row['id']!))).toEqual([])

  for (const [key, own, foreign] of [
    [ours, mine, other],
    [theirs, other, mine],
  ] as const) {
    const { data } = await test.query<{ exportJobs: { id: string }[]; exportJob: null }>(
      'query ($id: ID!) { exportJobs(first: 100) { id } exportJob(id: $id) { id file { downloadUrl } } }',
      { id: foreign.id },
      key,
    )
    expect(data).toEqual({ exportJobs: [{ id: own.id }], exportJob: null })
    expect((await watchByStream(test, foreign.id, key))[0]!.errors![0]!.extensions!.code).toBe('NOT_FOUND')
    const swapped = new URL(own.file!.downloadUrl)
    swapped.pathname = new URL(foreign.file!.downloadUrl).pathname
    expect((await fetch(swapped)).status).toBe(403)
  }
})
