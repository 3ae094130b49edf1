import { beforeAll, expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { makeKey } from '../support/keys.ts'

/** What could be learned beside the records: from counts, reports, reasons and what is refused. */
const test = useTestApp()
const reason = 'Asked by jo.doe@acme.example about the incident'
let reader: string
let auditor: string

async function ingest(key: string, record: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${test.url()}/ingest?path=a.ndjson&format=own-json`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: `${JSON.stringify(record)}\n`,
  })
  return (await response.json()) as Record<string, unknown>
}

const secretRecord = {
  kind: 'user_prompt',
  session_id: 's-1',
  response_id: 'r-1',
  request: 'a private thing',
  user_id: 'alice',
  occurred_at: '2026-01-01T00:00:00Z',
}

beforeAll(async () => {
  reader = (await makeKey(test, { role: 'reader' })).secret
  auditor = (await makeKey(test, { role: 'auditor' })).secret
  await ingest(test.key(), secretRecord)
})

it('tells no sender that may not see records whether what it sends was there', async () => {
  const { secret } = await makeKey(test, { role: 'ingestor' })
  const right = await ingest(secret, { id: 'agi_1', ...secretRecord })
  const wrong = await ingest(secret, { id: 'agi_1', ...secretRecord, request: 'a wrong guess' })
  const again = await ingest(secret, { id: 'agi_1', ...secretRecord })
  for (const report of [right, wrong, again]) {
    const { sha256: _, bytes: __, ...told } = report
    expect(told).toEqual({
      path: 'a.ndjson',
      status: 'ingested',
      format: 'own-json',
      records: { told: 1 },
      datasets: { agent_interactions: { told: 1 } },
      madeMetrics: null,
      tests: 0,
      refused: 0,
      rejects: [],
      warned: 0,
      warnings: [],
    })
  }
  expect((await ingest(test.key(), secretRecord))['status']).toBe('unchanged')
})

it('tells nobody, by dropping a field that it may not see, which records have it', async () => {
  const fields = ['ID', 'REQUEST', 'THINKING', 'USER_ID']
  const privacy = fields.slice(1).map((field) => ({ field, mode: 'DROP' }))
  const source = { agentInteractions: { fields, privacy } }
  const { id } = await startExport(test, { source, format: 'NDJSON' }, reader)
  const job = await awaitJob(test, id, reader)
  const { data } = await test.query<{ exportJob: { redactions: unknown[] } }>(
    'query ($id: ID!) { exportJob(id: $id) { redactions { rule column count } } }',
    { id },
    reader,
  )
  expect(job.status).toBe('SUCCEEDED')
  expect(data.exportJob.redactions).toEqual([])
})

it('tells reasons, and what was replaced in a column, to those alone who may know', async () => {
  const source = {
    agentInteractions: {
      fields: ['ID', 'REQUEST', 'SESSION_ID'],
      privacy: [{ field: 'REQUEST', mode: 'KEEP' }],
    },
  }
  const { id } = await startExport(test, { source, format: 'NDJSON', reason })
  await awaitJob(test, id)
  await ingest(test.key(), { ...secretRecord, response_id: 'r-2', request: 'write to jo.doe@acme.example' })
  const redacted = await startExport(test, {
    source: { agentInteractions: { fields: ['REQUEST'] } },
    format: 'NDJSON',
  })
  await awaitJob(test, redacted.id)
  const seen = async (key: string) => {
    const { data } = await test.query<{
      kept: { reason: string | null }
      redacted: { redactions: { column: string }[] }
    }>(
      `query ($kept: ID!, $redacted: ID!) { kept: exportJob(id: $kept) { reason }
        redacted: exportJob(id: $redacted) { redactions { column } } }`,
      { kept: id, redacted: redacted.id },
      key,
    )
    return { reason: data.kept.reason, columns: data.redacted.redactions.map(({ column }) => column) }
  }
  expect(await seen(reader)).toEqual({ reason: null, columns: [] })
  expect(await seen(auditor)).toEqual({
    reason: expect.stringMatching(/^Asked by \[REDACTED:mail-address:[0-9a-f]{4}\] about/) as string,
    columns: [],
  })
  expect((await seen(test.key())).columns).toEqual(['request'])
})

it('gives an auditor no file, not even one of empty columns', async () => {
  const source = { agentInteractions: { fields: ['REQUEST'], privacy: [{ field: 'REQUEST', mode: 'DROP' }] } }
  const { id } = await startExport(test, { source, format: 'NDJSON' })
  await awaitJob(test, id)
  const { file } = await awaitJob(test, id, auditor)
  expect(file!.downloadUrl).toBeNull()
})

it('starts an export for a key that may do that and see no job, and says that it did', async () => {
  const { secret } = await makeKey(test, { role: 'reader', scopes: ['exports:create', 'records:read'] })
  const { id } = await startExport(test, { source: { toolCalls: {} }, format: 'CSV' }, secret)
  expect((await awaitJob(test, id)).status).toBe('SUCCEEDED')
})

it(
  'ends pages of large records early, says that more follow, and pages over all of them',
  { timeout: 60_000 },
  async () => {
    const large = 'A long prompt, with some words in it. '.repeat(30_000)
    for (let index = 0; index < 12; index++) {
      await ingest(test.key(), { kind: 'large', session_id: 'large', sequence: index, request: large })
    }
    const ids: string[] = []
    const sizes: number[] = []
    interface Page {
      agentInteractions: { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    }
    let after: string | null = null
    do {
      const answer: { data: Page } = await test.query<Page>(
        `query ($after: String) { agentInteractions(first: 500, after: $after, where: { kind: { eq: "large" } }) {
          nodes { id request } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
      const { nodes, pageInfo } = answer.data.agentInteractions
      sizes.push(nodes.length)
      ids.push(...nodes.map(({ id }) => id))
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null
    } while (after !== null)
    expect(new Set(ids).size).toBe(12)
    expect(sizes.length).toBeGreaterThan(2)
    expect(Math.max(...sizes)).toBeLessThan(6)
  },
)
