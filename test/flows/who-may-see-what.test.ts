import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { camelCase, enumCase, type Field, type Sensitivity } from '../../src/core/field.ts'
import { roleNames, type Role } from '../../src/core/roles.ts'
import type { Dataset } from '../../src/datasets/dataset.ts'
import { datasets } from '../../src/datasets/registry.ts'
import { seedRows } from '../../src/ingest/seed/seed.ts'
import { seedTables } from '../../src/ingest/seed/tables.ts'
import { useTestApp } from '../support/app.ts'
import { runCli } from '../support/cli.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { watchByStream } from '../support/subscriptions.ts'

const test = useTestApp()

/** Who sees what, written out; whatever is not here is refused, at every door. */
const sees: Record<Role, readonly Sensitivity[]> = {
  reader: ['public', 'internal'],
  analyst: ['public', 'internal', 'content'],
  steward: ['public', 'internal', 'content', 'personal'],
  auditor: [],
  ingestor: [],
  admin: ['public', 'internal', 'content', 'personal'],
  operator: ['public', 'internal', 'content', 'personal'],
}
const seesJobs: readonly Role[] = ['reader', 'analyst', 'steward', 'auditor', 'admin', 'operator']

const keys = {} as Record<Role, string>
/** A finished export of one field of each class, made by an admin. */
const jobs = {} as Record<Sensitivity, TestJob>
const oneOfEach: Record<Sensitivity, string> = {
  public: 'kind',
  internal: 'session_id',
  content: 'response',
  personal: 'user_id',
}

beforeAll(async () => {
  for (const role of roleNames) {
    const { data } = await test.query<{ createApiKey: { secret: string } }>(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { name: role, role } },
    )
    keys[role] = data.createApiKey.secret
  }
  const sql = postgres(test.database.url(), { onnotice: () => {} })
  const [project] = await sql`select id from projects`
  await seedRows(sql, { projectId: project!['id'] as number, tables: seedTables, rows: 20, seed: 1 })
  await sql.end()
  for (const [sensitivity, field] of Object.entries(oneOfEach)) {
    const input = { source: { agentInteractions: { fields: [enumCase(field)] } }, format: 'NDJSON' }
    const started = await startExport(test, input, keys.admin)
    jobs[sensitivity as Sensitivity] = await awaitJob(test, started.id, keys.admin)
  }
})

const refusals = ['FORBIDDEN', 'FIELD_FORBIDDEN']

/** Whether the API gave what was asked for; anything but an answer or a refusal fails the test. */
async function asked(document: string, variables: object, role: Role): Promise<boolean> {
  const { data, errors } = await test.query<Record<string, { code?: string } | null>>(
    document,
    variables,
    keys[role],
  )
  if (errors) {
    expect(refusals, JSON.stringify(errors)).toContain(errors[0]!.extensions['code'])
    return false
  }
  const result = Object.values(data)[0]!
  if (result?.code !== undefined) expect(refusals).toContain(result.code)
  return result?.code === undefined
}

const exportDocument = `mutation ($input: StartExportInput!) { startExport(input: $input) {
  ... on StartExportSuccess { job { id } } ... on UserError { code message } } }`

function exported(dataset: Dataset, source: object, role: Role): Promise<boolean> {
  const input = { source: { [camelCase(dataset.id)]: source }, format: 'NDJSON' }
  return asked(exportDocument, { input }, role)
}

function browsed(dataset: Dataset, selection: string, args: string, role: Role): Promise<boolean> {
  return asked(`{ ${camelCase(dataset.id)}(first: 1${args}) { nodes { ${selection} } } }`, {}, role)
}

describe.each(roleNames)('%s', (role) => {
  const may = (field: Field) => sees[role].includes(field.sensitivity)

  it.each(datasets.map((dataset) => [dataset.id, dataset] as const))(
    'gets the same answer to a field of %s at every door',
    { timeout: 120_000 },
    async (_, dataset) => {
      const { data } = await test.query<{
        exportDatasets: { name: string; fields: { name: string; isAllowed: boolean }[] }[]
      }>('{ exportDatasets { name fields { name isAllowed } } }', {}, keys[role])
      const told = data.exportDatasets.find(({ name }) => name === dataset.id)!.fields
      for (const field of dataset.fields) {
        const place = `${dataset.id}.${field.name}`
        expect(await browsed(dataset, camelCase(field.name), '', role), `${place} browsed`).toBe(may(field))
        expect(await exported(dataset, { fields: [enumCase(field.name)] }, role), `${place} exported`).toBe(
          may(field),
        )
        expect(told.find(({ name }) => name === field.name)!.isAllowed, `${place} told`).toBe(may(field))
        if (!field.filterable) continue
        // No content can be filtered on, so that the class alone decides.
        expect(field.sensitivity).not.toBe('content')
        const where = `where: { ${camelCase(field.name)}: { isNull: true } }`
        expect(await browsed(dataset, 'id', `, ${where}`, role), `${place} filtered`).toBe(may(field))
        expect(
          await exported(dataset, { where: { [camelCase(field.name)]: { isNull: true } } }, role),
          `${place} filtered in an export`,
        ).toBe(may(field))
      }
    },
  )

  it('orders and counts what it may see, and nothing else', async () => {
    const reads = sees[role].length > 0
    expect(await browsed(datasets[0]!, 'id', ', orderBy: { direction: ASC }', role)).toBe(reads)
    expect(await asked('{ evaluationResults { totalCount } }', {}, role)).toBe(reads)
    expect(await asked('{ evaluationResults(first: 0) { pageInfo { endCursor } } }', {}, role)).toBe(reads)
  })

  it('sees the jobs of its project as its role says, and the files of those it could have made', async () => {
    for (const [sensitivity, job] of Object.entries(jobs) as [Sensitivity, TestJob][]) {
      const mayHave = seesJobs.includes(role) && sees[role].includes(sensitivity)
      const { data, errors } = await test.query<{
        exportJob: { file: { downloadUrl: string | null; refusal: string | null } } | null
      }>(
        'query ($id: ID!) { exportJob(id: $id) { file { downloadUrl refusal } } }',
        { id: job.id },
        keys[role],
      )
      const [state] = await watchByStream(test, job.id, keys[role])
      if (!seesJobs.includes(role)) {
        expect(errors![0]!.extensions['code']).toBe('FORBIDDEN')
        expect(state!.errors![0]!.extensions!.code).toBe('FORBIDDEN')
        continue
      }
      const { downloadUrl, refusal } = data.exportJob!.file
      expect(downloadUrl !== null, `${role} ${sensitivity}`).toBe(mayHave)
      expect(refusal === null).toBe(mayHave)
      expect(state!.data!.exportJobUpdated.file!.downloadUrl !== null).toBe(mayHave)
      if (downloadUrl) expect((await fetch(downloadUrl)).status).toBe(200)
      // Another's link, passed on with one's own name in it, is not one's own.
      const passedOn = new URL(job.file!.downloadUrl)
      passedOn.searchParams.set('principal', await principalOf(role))
      if (role !== 'admin') expect((await fetch(passedOn)).status).toBe(403)
    }
  })

  it('is told the same by the command line', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evalport-seen-'))
    try {
      for (const [sensitivity, field] of Object.entries(oneOfEach) as [Sensitivity, string][]) {
        const run = await runCli(['export', 'interactions', '-f', field, '-o', `${sensitivity}.csv`], {
          cwd: folder,
          env: { EVALPORT_URL: test.url(), EVALPORT_API_KEY: keys[role], EVALPORT_DATA_DIR: folder },
        })
        const mayHave = sees[role].includes(sensitivity)
        expect(run.code, `${sensitivity}: ${run.stderr}`).toBe(mayHave ? 0 : 5)
        expect((await readdir(folder)).includes(`${sensitivity}.csv`)).toBe(mayHave)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('has something unredacted only with the permission and a written reason', async () => {
    const dataset = datasets.find(({ id }) => id === 'agent_interactions')!
    const reveals = ['steward', 'admin', 'operator'].includes(role)
    const reason = 'An incident of the provider is looked into.'
    const source = { agentInteractions: { fields: ['KIND'], privacy: [{ field: 'KIND', mode: 'KEEP' }] } }
    const input = { source, format: 'NDJSON' }
    expect(await asked(exportDocument, { input: { ...input, reason } }, role)).toBe(reveals)
    const personal = { source: { agentInteractions: { fields: ['KIND'] } }, format: 'NDJSON' }
    expect(await asked(exportDocument, { input: { ...personal, personalData: 'KEEP', reason } }, role)).toBe(
      reveals,
    )
    if (sees[role].length === 0) return
    const { data } = await test.query<{ startExport: { code: string; problems: { path: string[] }[] } }>(
      exportDocument.replace('code message', 'code message ... on ValidationError { problems { path } }'),
      { input },
      keys[role],
    )
    expect(data.startExport.code).toBe('INVALID_INPUT')
    expect(data.startExport.problems.map(({ path }) => path.join('.'))).toContain('input.reason')
    expect(dataset.fields.length).toBeGreaterThan(0)
  })
})

const principals = new Map<Role, string>()
async function principalOf(role: Role): Promise<string> {
  if (principals.size === 0) {
    const rows = await test.database.client()`select id, name from principals`
    for (const row of rows) principals.set(row['name'] as Role, row['id'] as string)
  }
  return principals.get(role)!
}

afterAll(() => principals.clear())
