import postgres from 'postgres'
import { beforeAll, expect, it } from 'vitest'
import { seedRows } from '../../src/ingest/seed/seed.ts'
import { seedTables } from '../../src/ingest/seed/tables.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { downloadFile, parseFile } from '../support/files.ts'
import { makeKey } from '../support/keys.ts'

const test = useTestApp()
const rows = 200

beforeAll(async () => {
  await makeKey(test, { project: 'other' })
  const sql = postgres(test.database.url(), { onnotice: () => {} })
  for (const project of await sql<{ id: number }[]>`select id from projects`) {
    await seedRows(sql, { projectId: project.id, tables: seedTables, rows, seed: 5 })
  }
  await sql.end()
})

type Modes = Readonly<Record<string, string>>

async function exported(dataset: string, modes: Modes, more: object = {}, key?: string) {
  const privacy = Object.entries(modes).map(([field, mode]) => ({ field, mode }))
  const input = {
    source: { [dataset]: { fields: Object.keys(modes), privacy } },
    format: 'NDJSON',
    ...more,
  }
  const job = await awaitJob(test, (await startExport(test, input, key)).id, key)
  expect(job.failure).toBeNull()
  const { data } = await test.query<{
    exportJob: {
      redactions: { rule: string; column: string; count: number }[]
      columns: { header: string; type: string; privacy: string }[]
      reason: string | null
      redactionRules: string
    }
  }>(
    `query ($id: ID!) { exportJob(id: $id) {
      redactions { rule column count } columns { header type privacy } reason redactionRules } }`,
    { id: job.id },
    key,
  )
  return { ...data.exportJob, job, rows: parseFile('NDJSON', await downloadFile(job)) }
}

const names = (from: readonly Record<string, unknown>[], column: string) => from.map((row) => row[column])

it('gives equal values equal pseudonyms, in all datasets of the project, so that files can be joined', async () => {
  const kept = await exported(
    'toolCalls',
    { SESSION_ID: 'KEEP', CALL_ID: 'KEEP' },
    { reason: 'Comparing with pseudonyms' },
  )
  const calls = await exported('toolCalls', { SESSION_ID: 'PSEUDONYMISE', CALL_ID: 'PSEUDONYMISE' })
  const sessions = await exported('agentInteractions', { SESSION_ID: 'PSEUDONYMISE' })
  const pseudonyms = new Map<unknown, unknown>()
  kept.rows.forEach((row, index) => {
    const name = calls.rows[index]!['session_id']
    if (row['session_id'] === null) return expect(name).toBeNull()
    expect(name).toMatch(/^ps1_[a-z2-7]{26}$/)
    expect(pseudonyms.get(row['session_id']) ?? name).toBe(name)
    pseudonyms.set(row['session_id'], name)
  })
  expect(new Set(pseudonyms.values()).size).toBe(pseudonyms.size)
  const raw = await exported(
    'agentInteractions',
    { SESSION_ID: 'KEEP' },
    { reason: 'Comparing with pseudonyms' },
  )
  raw.rows.forEach((row, index) => {
    const known = pseudonyms.get(row['session_id'])
    if (known !== undefined) expect(sessions.rows[index]!['session_id']).toBe(known)
  })
  const filled = names(kept.rows, 'session_id').filter((value) => value !== null).length
  expect(calls.redactions).toContainEqual({ rule: 'pseudonymise', column: 'session_id', count: filled })
  expect(calls.columns[0]).toEqual({ header: 'session_id', type: 'text', privacy: 'PSEUDONYMISE' })
  expect(kept.reason).toBe('Comparing with pseudonyms')
  expect(kept.redactions).toEqual([])
})

it('makes pseudonyms of an export its own when asked to, and of a project its own always', async () => {
  const modes = { SESSION_ID: 'PSEUDONYMISE' }
  const [one, again] = [await exported('toolCalls', modes), await exported('toolCalls', modes)]
  expect(again.job.file!.sha256).toBe(one.job.file!.sha256)
  const own = { pseudonymScope: 'EXPORT' }
  const alone = await exported('toolCalls', modes, own)
  const alike = await exported('toolCalls', modes, own)
  const { secret } = await makeKey(test, { project: 'other', role: 'analyst' })
  const elsewhere = await exported('toolCalls', modes, {}, secret)
  const sets = [one, alone, alike, elsewhere].map(
    ({ rows: found }) => new Set(names(found, 'session_id').filter((value) => value !== null)),
  )
  for (const [index, set] of sets.entries()) {
    expect(set.size).toBeGreaterThan(1)
    for (const other of sets.slice(index + 1)) expect([...set].filter((name) => other.has(name))).toEqual([])
  }
})

it('writes whole numbers under pseudonyms as text, days for times, first digits for numbers, nothing for what is dropped', async () => {
  const modes = {
    SEQUENCE: 'PSEUDONYMISE',
    OCCURRED_AT: 'GENERALISE',
    INPUT_TOKENS: 'GENERALISE',
    DURATION_SECONDS: 'GENERALISE',
    RESPONSE: 'DROP',
    USER_ID: 'DROP',
  }
  const { rows: found, redactions, columns } = await exported('agentInteractions', modes)
  expect(found).toHaveLength(rows)
  expect(columns.map(({ type }) => type)).toEqual(['text', 'timestamp', 'bigint', 'decimal', 'text', 'text'])
  for (const row of found) {
    expect(row['occurred_at']).toMatch(/^[\d-]+T00:00:00\.000000Z$/)
    if (row['sequence'] !== null) expect(row['sequence']).toMatch(/^ps1_/)
    if (row['input_tokens'] !== null) expect(String(row['input_tokens'])).toMatch(/^\d0*$/)
    expect(row['response']).toBeNull()
    expect(row['user_id']).toBeNull()
  }
  const counted = Object.fromEntries(
    redactions.map(({ rule, column, count }) => [`${rule} ${column}`, count]),
  )
  expect(counted['generalise occurred_at']).toBe(rows)
  // How many there were would tell whether a record has one.
  expect(redactions.filter(({ rule }) => rule === 'drop')).toEqual([])
})

it('lets someone without the permission for a field have it dropped, and in no other way', async () => {
  const { secret } = await makeKey(test, { role: 'reader' })
  const { rows: found } = await exported(
    'agentInteractions',
    { KIND: 'REDACT', RESPONSE: 'DROP' },
    {},
    secret,
  )
  expect(names(found, 'response').every((value) => value === null)).toBe(true)
  for (const mode of ['KEEP', 'REDACT', 'PSEUDONYMISE']) {
    await expect(exported('agentInteractions', { RESPONSE: mode }, {}, secret)).rejects.toThrow(
      'content:read',
    )
  }
})

it('counts by rule and column what it redacts, the same in every format, and marks equal secrets alike', async () => {
  const {
    redactions,
    rows: found,
    redactionRules,
  } = await exported('toolCalls', {
    ID: 'REDACT',
    ARGUMENTS: 'REDACT',
    RESULT: 'REDACT',
    ERROR_MESSAGE: 'REDACT',
  })
  expect(redactionRules).not.toBe('')
  const markers = JSON.stringify(found).match(/\[REDACTED:[a-z0-9-]+:[0-9a-f]{4}\]/g) ?? []
  expect(markers.length).toBeGreaterThan(0)
  expect(redactions.reduce((sum, { count }) => sum + count, 0)).toBe(markers.length)
  for (const { rule, count } of redactions) {
    const ofRule = redactions.filter((each) => each.rule === rule).reduce((sum, each) => sum + each.count, 0)
    expect(markers.filter((marker) => marker.startsWith(`[REDACTED:${rule}:`))).toHaveLength(ofRule)
    expect(count).toBeGreaterThan(0)
  }
})

it('tells every problem of privacy at once, each in its place', async () => {
  const input = {
    source: {
      toolCalls: {
        fields: ['ID', 'SUCCESS', 'ARGUMENTS'],
        privacy: [
          { field: 'SUCCESS', mode: 'GENERALISE' },
          { field: 'ARGUMENTS', mode: 'PSEUDONYMISE' },
          { field: 'RESULT', mode: 'DROP' },
          { field: 'ID', mode: 'KEEP' },
          { field: 'ID', mode: 'DROP' },
        ],
      },
    },
    format: 'CSV',
    personalData: 'KEEP',
  }
  const { data } = await test.query<{ startExport: { problems: { path: string[]; message: string }[] } }>(
    `mutation ($input: StartExportInput!) { startExport(input: $input) {
      ... on ValidationError { problems { path message } } } }`,
    { input },
  )
  expect(data.startExport.problems.map(({ path }) => path.join('.'))).toEqual([
    'input.source.toolCalls.privacy.0.mode',
    'input.source.toolCalls.privacy.1.mode',
    'input.source.toolCalls.privacy.2',
    'input.source.toolCalls.privacy.4',
    'input.reason',
  ])
})
