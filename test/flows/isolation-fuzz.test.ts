import fc from 'fast-check'
import postgres from 'postgres'
import { beforeAll, expect, it } from 'vitest'
import { camelCase } from '../../src/core/field.ts'
import { uuidv7 } from '../../src/core/uuid.ts'
import { datasets } from '../../src/datasets/registry.ts'
import { seedRows } from '../../src/ingest/seed/seed.ts'
import { seedTables } from '../../src/ingest/seed/tables.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport, type TestJob } from '../support/exports.ts'
import { downloadFile, parseFile } from '../support/files.ts'
import { watchByStream } from '../support/subscriptions.ts'

/**
 * Two projects on one server. Whatever one asks with what belongs to the other (ids, cursors, links, names, keys, values)
 * is answered as if it had never been: exactly as something made up of the same shape is answered.
 */
const test = useTestApp()

interface Side {
  readonly project: string
  readonly admin: string
  readonly analyst: string
  readonly keyId: string
  readonly keyPrefix: string
  readonly subject: string
  job: TestJob
  readonly rowIds: Readonly<Record<string, readonly string[]>>
  readonly cursors: Readonly<Record<string, readonly string[]>>
  readonly sessions: readonly string[]
}
let ours: Side
let theirs: Side
const issuer = 'https://login.example.com'

async function make(project: string, seed: number): Promise<Side> {
  const mutate = async <Data>(document: string, input: object, key?: string): Promise<Data> => {
    const { data, errors } = await test.query<Data>(document, { input }, key)
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  await mutate(
    'mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { name } } }',
    {
      name: project,
    },
  )
  const create =
    'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id prefix } } }'
  interface Made {
    createApiKey: { secret: string; key: { id: string; prefix: string } }
  }
  const admin = await mutate<Made>(create, { name: `admin of ${project}`, role: 'admin', project })
  const analyst = await mutate<Made>(create, { name: `analyst of ${project}`, role: 'analyst', project })
  const subject = `person-of-${project}`
  await mutate(
    'mutation ($input: AssignRoleInput!) { assignRole(input: $input) { member { subject } } }',
    { issuer, subject, role: 'reader' },
    admin.createApiKey.secret,
  )
  const sql = postgres(test.database.url(), { onnotice: () => {} })
  const [row] = await sql`select id from projects where name = ${project}`
  await seedRows(sql, { projectId: row!['id'] as number, tables: seedTables, rows: 60, seed })
  await sql.end()
  const key = analyst.createApiKey.secret
  const rowIds: Record<string, string[]> = {}
  const cursors: Record<string, string[]> = {}
  for (const dataset of datasets) {
    const name = camelCase(dataset.id)
    const { data } = await test.query<Record<string, { edges: { cursor: string; node: { id: string } }[] }>>(
      `{ ${name}(first: 60) { edges { cursor node { id } } } }`,
      {},
      key,
    )
    rowIds[name] = data[name]!.edges.map(({ node }) => node.id)
    cursors[name] = data[name]!.edges.map(({ cursor }) => cursor)
  }
  const { data } = await test.query<{ toolCalls: { nodes: { sessionId: string | null }[] } }>(
    '{ toolCalls(first: 60) { nodes { sessionId } } }',
    {},
    key,
  )
  const { id, prefix } = analyst.createApiKey.key
  const started = await startExport(test, { source: { evaluationResults: {} }, format: 'NDJSON' }, key)
  return {
    project,
    admin: admin.createApiKey.secret,
    analyst: key,
    keyId: id,
    keyPrefix: prefix,
    subject,
    job: await awaitJob(test, started.id, key),
    rowIds,
    cursors,
    sessions: data.toolCalls.nodes.flatMap(({ sessionId }) => sessionId ?? []),
  }
}

beforeAll(async () => {
  ours = await make('ours', 1)
  theirs = await make('theirs', 2)
}, 60_000)

/** An answer without what was asked for in it: neither the words that were sent nor the id of the request may differ. */
const without = (answer: unknown, sent: string): string =>
  JSON.stringify(answer).replaceAll(JSON.stringify(sent).slice(1, -1), '<sent>')

const side = fc.constantFrom<[() => Side, () => Side]>([() => ours, () => theirs], [() => theirs, () => ours])

interface Door {
  /** What belongs to a side, and a thing of the same shape that belongs to nobody. */
  readonly own: (of: Side, pick: number) => string
  readonly madeUp: (pick: number) => string
  readonly ask: (value: string, key: Side) => Promise<unknown>
}

const asks =
  (document: string, role: 'admin' | 'analyst' = 'analyst') =>
  async (value: string, { [role]: key }: Side): Promise<unknown> => {
    const { status, data, errors } = await test.query(document, { value }, key)
    return { status, data, errors }
  }

const hex = (pick: number) => uuidv7().slice(0, 24) + pick.toString(16).padStart(12, '0')
const base62 = (pick: number) => pick.toString(36).padStart(8, 'Z').slice(-8)

const doors: Record<string, Door> = {
  'a job by its id': {
    own: (of) => of.job.id,
    madeUp: (pick) => `exp_${hex(pick)}`,
    ask: asks('query ($value: ID!) { exportJob(id: $value) { id status file { downloadUrl } } }'),
  },
  'news of a job': {
    own: (of) => of.job.id,
    madeUp: (pick) => `exp_${hex(pick)}`,
    ask: async (value, { analyst }) => watchByStream(test, value, analyst),
  },
  'a key to revoke, by its id': {
    own: (of) => of.keyId,
    madeUp: hex,
    ask: asks('mutation ($value: String!) { revokeApiKey(input: { key: $value }) { key { id } } }', 'admin'),
  },
  'a key to rotate, by its prefix': {
    own: (of) => of.keyPrefix,
    madeUp: (pick) => `evp_${base62(pick)}`,
    ask: asks('mutation ($value: String!) { rotateApiKey(input: { key: $value }) { key { id } } }', 'admin'),
  },
  'a key to update': {
    own: (of) => of.keyPrefix,
    madeUp: (pick) => `evp_${base62(pick)}`,
    ask: asks(
      'mutation ($value: String!) { updateApiKey(input: { key: $value, name: "mine" }) { key { id } } }',
      'admin',
    ),
  },
  'a project to make a key in': {
    own: (of) => of.project,
    madeUp: (pick) => `none-${pick}`,
    ask: asks(
      'mutation ($value: String!) { createApiKey(input: { name: "a", project: $value }) { secret } }',
      'admin',
    ),
  },
  'the members of a project': {
    own: (of) => of.project,
    madeUp: (pick) => `none-${pick}`,
    ask: asks('query ($value: String) { members(project: $value) { subject } }', 'admin'),
  },
  'a project to rename': {
    own: (of) => of.project,
    madeUp: (pick) => `none-${pick}`,
    ask: asks(
      'mutation ($value: String!) { renameProject(input: { project: $value, name: "taken" }) { project { name } } }',
      'admin',
    ),
  },
  'a member to remove': {
    own: (of) => of.subject,
    madeUp: (pick) => `nobody-${pick}`,
    ask: asks(
      `mutation ($value: String!) { removeRole(input: { issuer: "${issuer}", subject: $value }) { member { subject } } }`,
      'admin',
    ),
  },
  'a session to filter by': {
    own: (of, pick) => of.sessions[pick % of.sessions.length]!,
    madeUp: hex,
    ask: asks(
      'query ($value: String!) { toolCalls(where: { sessionId: { eq: $value } }) { totalCount nodes { id } } }',
    ),
  },
}

it.each(Object.entries(doors))('answers %s of the other project as one that never was', async (_, door) => {
  await fc.assert(
    fc.asyncProperty(side, fc.nat(1_000_000), async ([mine, other], pick) => {
      const foreign = door.own(other(), pick)
      const nobodys = door.madeUp(pick)
      const [told, expected] = [await door.ask(foreign, mine()), await door.ask(nobodys, mine())]
      expect(without(told, foreign)).toBe(without(expected, nobodys))
    }),
    { numRuns: 20 },
  )
})

it('pages from the cursors of the other project over its own records alone', async () => {
  await fc.assert(
    fc.asyncProperty(
      side,
      fc.constantFrom(...datasets.map(({ id }) => camelCase(id))),
      fc.nat(59),
      fc.constantFrom('first: 500, after', 'last: 500, before'),
      async ([mine, other], name, at, window) => {
        const { data, errors } = await test.query<
          Record<string, { totalCount: number; nodes: { id: string }[] }>
        >(
          `query ($cursor: String) { ${name}(${window}: $cursor) { totalCount nodes { id } } }`,
          { cursor: other().cursors[name]![at] },
          mine().analyst,
        )
        expect(errors).toBeUndefined()
        expect(data[name]!.totalCount).toBe(60)
        const own = new Set(mine().rowIds[name])
        expect(data[name]!.nodes.filter(({ id }) => !own.has(id))).toEqual([])
      },
    ),
    { numRuns: 100 },
  )
})

it('lists no job, key, member or project of the other, and pages past its jobs as past none', async () => {
  for (const [mine, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const listed = JSON.stringify([
      await test.query('{ exportJobs(first: 200) { id columns { header } } }', {}, mine.analyst),
      await test.query(
        '{ apiKeys { id name prefix project } members { subject } projects { name } }',
        {},
        mine.admin,
      ),
      await test.query('{ viewer { name project } exportDatasets { name } }', {}, mine.admin),
    ])
    expect(listed).toContain(mine.job.id)
    expect(listed).toContain(mine.subject)
    for (const foreign of [other.job.id, other.keyId, other.keyPrefix, other.subject, `"${other.project}"`]) {
      expect(listed).not.toContain(foreign)
    }
    const before = 'query ($id: ID) { exportJobs(before: $id) { id } }'
    const past = await test.query<{ exportJobs: { id: string }[] }>(
      before,
      { id: other.job.id },
      mine.analyst,
    )
    expect(past.data.exportJobs.every(({ id }) => id === mine.job.id)).toBe(true)
  }
})

it('serves no file by links put together from both', async () => {
  await fc.assert(
    fc.asyncProperty(
      side,
      fc.subarray(['path', 'principal', 'expires', 'signature'] as const, { minLength: 1, maxLength: 3 }),
      async ([mine, other], parts) => {
        const link = new URL(mine().job.file!.downloadUrl)
        const foreign = new URL(other().job.file!.downloadUrl)
        for (const part of parts) {
          if (part === 'path') link.pathname = foreign.pathname
          else link.searchParams.set(part, foreign.searchParams.get(part)!)
        }
        // Links of one second have the same end.
        fc.pre(link.href !== mine().job.file!.downloadUrl && link.href !== foreign.href)
        const response = await fetch(link)
        expect(response.status).toBe(403)
        expect(await response.text()).toContain('LINK_INVALID')
      },
    ),
    { numRuns: 60 },
  )
})

it('exports its own records alone, and takes the same file in for each as if the other had not', async () => {
  for (const [mine, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const ids = parseFile('NDJSON', await downloadFile(mine.job)).map((row) => row['id'])
    expect(ids).toHaveLength(60)
    expect(ids.filter((id) => other.rowIds['evaluationResults']!.includes(id as string))).toEqual([])
    const response = await fetch(`${test.url()}/ingest?path=same.ndjson`, {
      method: 'POST',
      headers: { authorization: `Bearer ${mine.admin}` },
      body: '{"session_id":"s","call_id":"c","tool_name":"t","occurred_at":"2026-01-01T00:00:00Z"}\n',
    })
    expect(await response.json()).toMatchObject({ status: 'ingested', records: { added: 1, unchanged: 0 } })
  }
})
