import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enumCase } from '../../src/core/field.ts'
import { datasets } from '../../src/datasets/registry.ts'
import type { IngestReport } from '../../src/ingest/report.ts'
import type { Stored } from '../../src/ingest/store/store-batch.ts'
import { useTestApp } from '../support/app.ts'
import { makeKey } from '../support/keys.ts'
import { awaitJob, startExport } from '../support/exports.ts'

/** Every file that something leaves behind, in one project: what the readers' own tests do not see together. */

const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const folders = ['evaluation-tests', 'hook-logs', 'nano-agent', 'own-records', 'transcripts']
const files = folders.flatMap((folder) =>
  readdirSync(join(fixtures, folder)).map((name) => join(folder, name)),
)

const test = useTestApp()

/** A key for a project of its own. */
async function projectKey(): Promise<string> {
  return (await makeKey(test, { project: `p${++projects}`, role: 'admin' })).secret
}
let projects = 0

async function ingest(key: string, path: string, body: BodyInit): Promise<IngestReport<Stored>> {
  const query = new URLSearchParams({ path, time: '2025-08-10T15:00:00Z', time_source: 'file_mtime' })
  const response = await fetch(`${test.url()}/ingest?${query.toString()}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body,
  })
  return (await response.json()) as IngestReport<Stored>
}

const ingestFixture = (key: string, file: string) => ingest(key, file, readFileSync(join(fixtures, file)))

/** All that a project shows of a dataset, one text a record, without the numbers that the order of arrival gives. */
async function shown(key: string, id: string, format = 'NDJSON'): Promise<{ text: string; rows: string[] }> {
  const dataset = datasets.find((each) => each.id === id)!
  const fields = dataset.fields
    .filter(({ sensitivity }) => sensitivity === 'public' || sensitivity === 'internal')
    .map(({ name }) => enumCase(name))
  const source = { [sourceName(id)]: { fields } }
  const job = await awaitJob(test, (await startExport(test, { source, format }, key)).id, key)
  const text = await (await fetch(job.file!.downloadUrl)).text()
  const rows = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.stringify({ ...(JSON.parse(line) as object), id: '', subject_id: '' }))
  return { text, rows: rows.sort() }
}
const sourceName = (id: string) => id.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

async function allShown(key: string): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {}
  for (const { id } of datasets) all[id] = (await shown(key, id)).rows
  return all
}

it('takes every kind of file in, and the second time adds and replaces nothing', async () => {
  const key = await projectKey()
  const first: IngestReport<Stored>[] = []
  for (const file of files) first.push(await ingestFixture(key, file))
  expect(first.filter(({ status }) => status === 'quarantined' || status === 'unchanged')).toEqual([])
  expect(new Set(first.map(({ format }) => format)).size).toBe(7)
  const added = (dataset: string) =>
    first.reduce((sum, report) => sum + (report.datasets[dataset]?.added ?? 0), 0)
  for (const { id } of datasets) expect([id, added(id) > 0]).toEqual([id, true])
  for (const file of files) {
    const { status, records } = await ingestFixture(key, file)
    expect([file, records.added, records.replaced]).toEqual([file, 0, 0])
    expect(['unchanged', 'partial']).toContain(status)
  }
})

it('shows the same records in whatever order and however often the files come', async () => {
  const key = await projectKey()
  for (const file of files) await ingestFixture(key, file)
  const expected = await allShown(key)
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(files, { minLength: files.length }),
      fc.subarray(files),
      async (order, again) => {
        const other = await projectKey()
        for (const file of [...order, ...again]) await ingestFixture(other, file)
        expect(await allShown(other)).toEqual(expected)
      },
    ),
    { numRuns: 4 },
  )
}, 120_000)

it('gives hook records the times of the transcript, and results the definitions of their tests', async () => {
  const key = await projectKey()
  await ingestFixture(key, 'hook-logs/post_tool_use.json')
  const late = await ingestFixture(key, 'transcripts/session.jsonl')
  expect(late.datasets['tool_calls']).toMatchObject({ replaced: 3 })
  const { data } = await test.query<{
    toolCalls: {
      nodes: {
        toolName: string
        occurredAtSource: string
        durationSeconds: string | null
        interrupted: boolean | null
      }[]
    }
  }>(
    '{ toolCalls(where: { toolName: { in: ["Bash", "Read"] } }) { nodes { toolName occurredAtSource durationSeconds interrupted } } }',
    {},
    key,
  )
  expect(data.toolCalls.nodes).toHaveLength(3)
  for (const node of data.toolCalls.nodes) {
    expect(node.occurredAtSource).toBe('event')
    expect(Number(node.durationSeconds)).toBeGreaterThan(0)
  }
})

describe('an export of ours', () => {
  it.each(datasets.map(({ id }) => id))(
    'of %s is known where it came from, and gives equal records elsewhere',
    async (id) => {
      const key = await projectKey()
      for (const file of files) await ingestFixture(key, file)
      const { text, rows } = await shown(key, id)
      expect(rows.length).toBeGreaterThan(0)
      const back = await ingest(key, 'export.ndjson', text)
      expect(back).toMatchObject({ refused: 0, records: { added: 0, replaced: 0, unchanged: rows.length } })
      const other = await projectKey()
      expect(await ingest(other, 'export.ndjson', text)).toMatchObject({
        refused: 0,
        records: { added: rows.length },
      })
      expect((await shown(other, id)).rows).toEqual(rows)
    },
  )
})
