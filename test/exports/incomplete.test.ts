import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { evaluationResults } from '../../src/datasets/evaluation-results.ts'
import type { Key } from '../../src/core/record-batch.ts'
import type { PageSelection } from '../../src/datasets/dataset.ts'
import { claimNext } from '../../src/exports/job-status/claim.ts'
import { runExport } from '../../src/exports/run.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

/** Bugs that were planted: each would give a file that looks right, and must be caught by the count that knows nothing of it. */
const test = useTestApp({ workerConcurrency: 0 })
const sql = () => test.database.client()

beforeAll(() => insertGeneratedRows(sql(), 1, 3000))
afterEach(() => vi.restoreAllMocks())

const page = evaluationResults.page.bind(evaluationResults)

async function outcomeOf(plant: (selection: PageSelection) => PageSelection) {
  vi.spyOn(evaluationResults, 'page').mockImplementation((selection) => page(plant(selection)))
  const { id } = await startExport(test, { source: { evaluationResults: {} }, format: 'NDJSON' })
  await sql()`update export_jobs set plan = plan || ${sql().json({ partBytes: 100_000 })} where id = ${id.slice(4)}`
  await runExport(test.app(), (await claimNext(test.app().db))!, new AbortController().signal)
  const job = await awaitJob(test, id)
  const files = await readdir(join(test.config().dataDir, 'artifacts'))
  return { job, files: files.filter((name) => name.includes(id.slice(4))) }
}

it('lets a right export through', async () => {
  const { job, files } = await outcomeOf((selection) => selection)
  expect(job).toMatchObject({ status: 'SUCCEEDED', file: { rows: 3000 } })
  expect(files).toHaveLength(3)
})

it.each<[string, (selection: PageSelection) => PageSelection]>([
  [
    'pages after a key that was rounded',
    (selection) => (selection.after ? { ...selection, after: rounded(selection.after) } : selection),
  ],
  ['a page that is skipped', skipping(3)],
  ['a page that comes twice', doubling(3)],
  [
    'a page that lacks a row',
    (selection) =>
      selection.after
        ? selection
        : { ...selection, filter: [...selection.filter, { field: 'rank', operator: 'gt', value: 1 }] },
  ],
  ['another snapshot', (selection) => ({ ...selection, snapshot: '1:1:' })],
])('fails as INCOMPLETE, with no file, for %s', async (_, plant) => {
  const { job, files } = await outcomeOf(plant)
  expect(job).toMatchObject({ status: 'FAILED', file: null, failure: { code: 'INCOMPLETE' } })
  expect(files).toEqual([])
})

/** Up to a whole minute, as a time in another type might be. */
function rounded([time, id]: Key): Key {
  return [new Date(Math.ceil(Date.parse(time!) / 60_000) * 60_000).toISOString().replace('Z', '000Z'), id!]
}

/** The nth page begins where the page after it should. */
function skipping(nth: number): (selection: PageSelection) => PageSelection {
  let pages = 0
  return (selection) => {
    if (++pages !== nth || !selection.after) return selection
    const [time, id] = selection.after
    const later = new Date(Date.parse(time!) + 60_000).toISOString().replace('Z', '000Z')
    return { ...selection, after: [later, id!] }
  }
}

/** The nth page begins where the one before it did. */
function doubling(nth: number): (selection: PageSelection) => PageSelection {
  let pages = 0
  let before: PageSelection | undefined
  return (selection) => {
    const given = ++pages === nth && before ? before : selection
    before = selection
    return given
  }
}
