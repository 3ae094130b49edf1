import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { camelCase } from '../../src/core/field.ts'
import { roles, type Role } from '../../src/core/roles.ts'
import { datasets } from '../../src/datasets/registry.ts'
import { refuseField } from '../../src/privacy/policy.ts'
import { randomNumbers, render, shapes } from '../privacy/redaction/generated-secrets.ts'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

/**
 * Secrets and personal data of many kinds, planted wherever records have text, and looked for wherever something comes out:
 * answers, news, files, errors, reports of ingest, what commands say, the log, and the data folder.
 */
const database = useTestDatabase()
const server = useTestServer(database, { EVALPORT_LOG_LEVEL: 'debug' })

const random = randomNumbers(20_261_125)
const secrets = Object.values(shapes).map(([shape]) => render(shape!, random))
const personal = [
  'jo.doe+x17@acme.example',
  '+49 171 2345678',
  '(415) 555-2671',
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  '203.0.113.77',
  '2001:db8::8a2e:370:7334',
]
const canaries = [...secrets, ...personal]

/** What must not be found: the whole, and of secrets enough of either end to be of use. */
const traces = canaries.flatMap((canary) =>
  canary.length < 40 ? [canary] : [canary, canary.slice(8, 24), canary.slice(-16)],
)

function tracesIn(text: string): string[] {
  // As it stands, and as JSON, XML or an address would write it.
  return traces.filter((trace) => text.includes(trace) || text.includes(encodeURIComponent(trace)))
}

const keys = {} as Record<Role, string>
const seen: { place: string; text: string }[] = []
const see = (place: string, text: string) => void seen.push({ place, text })

async function post(path: string, body: string, key: string): Promise<string> {
  const response = await fetch(server.url() + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body,
  })
  return response.text()
}
const ask = (query: string, key: string, variables: object = {}) =>
  post('/graphql', JSON.stringify({ query, variables }), key)

const planted = {
  evaluation_results: (canary: string, index: number) => ({
    run: `run of ${canary}`,
    framework: 'nano-agent',
    model: 'gpt-5',
    test_id: canary,
    sample_id: String(index),
    session_id: `session-${canary}`,
    prompt: `Please use the key ${canary} for it.`,
    response: `I called curl -H "X-Key: ${canary}" https://api.example.com.`,
    expected: `{"answer": "${canary}", "text": "{\\"inner\\": \\"${canary}\\"}"}`,
    error_message: `refused: ${canary}`,
    error_type: canary,
  }),
  performance_metrics: (canary: string, index: number) => ({
    metric: 'planted',
    value: index,
    subject_id: canary,
    session_id: canary,
    attributes: { [canary]: [canary], note: `it was ${canary}.` },
  }),
  agent_interactions: (canary: string, index: number) => ({
    kind: 'message',
    session_id: canary,
    sequence: index,
    response_id: `id ${canary}`,
    request: `Take ${canary}\nand go on.`,
    response: `Done (${canary}).`,
    thinking: `The user gave me '${canary}', which I keep.`,
    error_message: canary,
    working_directory: `/home/${canary}/work`,
    git_branch: `fix/${canary}`,
  }),
  tool_calls: (canary: string, index: number) => ({
    tool_name: 'Bash',
    call_id: `call-${index}`,
    session_id: canary,
    arguments: { command: `deploy --with ${canary}`, [canary]: { deep: [{ er: canary }] } },
    result: { stdout: `line one\n${canary}\n`, error: JSON.stringify({ key: canary }) },
    error_message: `cannot read ${canary}: no such file`,
  }),
}

const perDataset = canaries.length
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evalport-canaries-'))
  for (const role of ['reader', 'analyst', 'steward', 'auditor', 'ingestor'] as const) {
    const answer = await ask(
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      server.key(),
      { input: { name: role, role } },
    )
    keys[role] = (
      JSON.parse(answer) as { data: { createApiKey: { secret: string } } }
    ).data.createApiKey.secret
  }
  for (const [dataset, record] of Object.entries(planted)) {
    const lines = canaries.map((canary, index) => JSON.stringify(record(canary, index)))
    const path = encodeURIComponent(`logs/${canaries[0]}/${dataset}.ndjson`)
    const report = await post(`/ingest?path=${path}`, `${lines.join('\n')}\n`, keys.ingestor)
    if (!report.includes(`"told":${perDataset}`)) throw new Error(report)
  }
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const fieldsFor = (role: Role, dataset: (typeof datasets)[number]) =>
  dataset.fields.filter((field) => refuseField({ role, permissions: roles[role] }, field) === undefined)

async function exportAll(role: Role, args: readonly string[], format = 'ndjson'): Promise<string> {
  let all = ''
  for (const dataset of datasets) {
    const fields = fieldsFor(role, dataset).map(({ name }) => name)
    const name = `${role}-${dataset.shortName}-${args.length}.${format}`
    const run = await server.cli(
      ['export', dataset.shortName, '-f', fields.join(','), '-o', name, '--json', ...args],
      { cwd: folder, env: { EVALPORT_API_KEY: keys[role], EVALPORT_URL: server.url() } },
    )
    expect(run.code, run.stderr).toBe(0)
    see(`what the export of ${dataset.id} said`, run.stderr + run.stdout)
    const text = await readFile(join(folder, name), 'utf8')
    expect(text.length).toBeGreaterThan(perDataset * 40)
    all += text
  }
  return all
}

it('plants what it looks for: whoever may have it unredacted has it all', { timeout: 120_000 }, async () => {
  const keep = datasets.map((dataset) =>
    fieldsFor('steward', dataset)
      .filter(({ type }) => type === 'text' || type === 'json')
      .flatMap(({ name }) => ['--privacy', `${name}=keep`]),
  )
  let all = ''
  for (const [index, dataset] of datasets.entries()) {
    const fields = fieldsFor('steward', dataset).map(({ name }) => name)
    const run = await server.cli(
      [
        'export',
        dataset.shortName,
        '-f',
        fields.join(','),
        '-o',
        '-',
        '--format',
        'csv',
        ...keep[index]!,
      ].concat(['--personal-data', 'keep', '--reason', 'Looking for what was planted']),
      { env: { EVALPORT_API_KEY: keys.steward, EVALPORT_URL: server.url() } },
    )
    expect(run.code, run.stderr).toBe(0)
    all += run.stdout
  }
  expect(canaries.filter((canary) => !all.includes(canary))).toEqual([])
  expect(canaries.length).toBeGreaterThan(90)
})

it('lets none out at any door to those who may not see it', { timeout: 300_000 }, async () => {
  for (const role of ['analyst', 'reader'] as const) {
    for (const dataset of datasets) {
      const selection = fieldsFor(role, dataset).map(({ name }) => camelCase(name))
      const answer = await ask(
        `{ ${camelCase(dataset.id)}(first: 500) { totalCount nodes { ${selection.join(' ')} } } }`,
        keys[role],
      )
      expect(answer).toMatch(/"totalCount":\d{3}/)
      see(`browsing ${dataset.id} as ${role}`, answer)
    }
    for (const format of role === 'analyst' ? ['csv', 'json', 'ndjson', 'xml'] : ['csv']) {
      const text = await exportAll(role, ['--force'], format)
      see(`the files of ${role} in ${format}`, text)
      expect(text).toContain('[REDACTED:')
    }
  }
  see(
    'the jobs',
    await ask(
      '{ exportJobs(first: 200) { id failure { message } redactions { rule column count } } }',
      keys.analyst,
    ),
  )
  const news = await fetch(`${server.url()}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${keys.analyst}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({
      query:
        'subscription ($id: ID!) { exportJobUpdated(id: $id) { id status redactions { rule column count } failure { message } } }',
      variables: { id: await anyJob() },
    }),
  })
  see('news of a job', await news.text())
  report(await leaks())
})

it('quotes none in errors, reports and logs', { timeout: 120_000 }, async () => {
  for (const canary of canaries) {
    const quoted = JSON.stringify(canary)
    see(
      'an error of a filter',
      await ask(
        `{ evaluationResults(where: { occurredAt: { eq: ${quoted} } }) { nodes { id } } }`,
        keys.analyst,
      ),
    )
    see(
      'an error of an id',
      await ask(`subscription { exportJobUpdated(id: ${quoted}) { id } }`, keys.analyst),
    )
    see(
      'an error of a variable',
      await ask('query ($n: Int!) { evaluationResults(first: $n) { nodes { id } } }', keys.analyst, {
        n: canary,
      }),
    )
    see(
      'an error of a format',
      await ask(
        `mutation { startExport(input: { source: { evaluationResults: {} }, format: CSV, formatOptions: { ${JSON.stringify('x')}: 1 } }) { ... on UserError { message } } }`.replace(
          '"x"',
          `a: ${quoted}, b`,
        ),
        keys.analyst,
      ),
    )
    see('an error of syntax', await ask(`{ evaluationResults ${quoted} }`, keys.analyst))
    see(
      'a refusal of a name',
      await ask(
        'mutation ($n: String!) { createApiKey(input: { name: $n, role: $n }) { secret } }',
        keys.analyst,
        { n: canary },
      ),
    )
    see(
      'an unknown format of ingest',
      await post(`/ingest?path=a&format=${encodeURIComponent(canary)}`, 'x', keys.ingestor),
    )
    see('no such place', await post(`/${encodeURIComponent(canary)}`, '', keys.analyst))
  }
  const broken = canaries.map((canary) => `{"kind": "message", "response": "${canary}", broken`)
  see(
    'rejects of lines that are no JSON',
    await post('/ingest?path=a.ndjson&format=own-json', broken.join('\n'), keys.ingestor),
  )
  const wrong = canaries.map((canary) =>
    JSON.stringify({ kind: 'message', sequence: canary, success: canary, occurred_at: canary }),
  )
  see(
    'rejects of wrong values',
    await post('/ingest?path=b.ndjson&format=own-json', wrong.join('\n'), keys.ingestor),
  )
  see('a file of no known format', await post('/ingest?path=c.txt', canaries.join('\n'), keys.ingestor))
  const commands = canaries.slice(0, 4).map(async (canary) => {
    const run = await server.cli([
      'export',
      canary,
      '--fields',
      canary,
      '--format',
      canary,
      '--privacy',
      `${canary}=${canary}`,
    ])
    expect(run.code).toBe(2)
    see('what a command says of wrong words', run.stderr + run.stdout)
  })
  await Promise.all(commands)
  report(await leaks())
})

it('keeps the secrets of the installation out of the database, the log, and every file but their own', async () => {
  const ours: Record<string, string> = {}
  for (const name of ['admin.key', 'link-signing.key', 'privacy.keys']) {
    const path = join(server.dataDir(), name)
    expect((await stat(path)).mode & 0o777, name).toBe(0o600)
    ours[name] = (await readFile(path, 'utf8')).trim().replace(/^1:/, '')
  }
  for (const [role, key] of Object.entries(keys)) ours[role] = key
  const tables = await database.client()`select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema')`
  expect(tables.length).toBeGreaterThan(15)
  let dump = server.process().stderr().replaceAll(ours['admin.key']!, '') + server.process().stdout()
  for (const { name } of tables) {
    for (const { row } of await database.client().unsafe(`select t::text as row from ${name as string} t`)) {
      dump += `${row as string}\n`
    }
  }
  expect(dump.length).toBeGreaterThan(100_000)
  for (const [name, secret] of Object.entries(ours)) {
    expect(secret.length, name).toBeGreaterThanOrEqual(50)
    // Of a key, all but its beginning, which may be shown.
    expect(dump.includes(secret.slice(13)), name).toBe(false)
    expect(dump.includes(Buffer.from(secret).toString('hex')), name).toBe(false)
  }
})

async function anyJob(): Promise<string> {
  const answer = await ask('{ exportJobs(first: 1) { id } }', keys.analyst)
  return (JSON.parse(answer) as { data: { exportJobs: { id: string }[] } }).data.exportJobs[0]!.id
}

/** Where which trace was found; among the places are the log and every file of the data folder. */
async function leaks(): Promise<string[]> {
  see('the log', server.process().stderr() + server.process().stdout())
  const rejects = await database.client()`select reason, excerpt from ingest_rejects`
  see('the rejects that are kept', JSON.stringify(rejects))
  const jobs = await database.client()`select * from export_jobs where reason is null`
  see('the rows of the jobs', JSON.stringify(jobs))
  for (const name of await readdir(join(server.dataDir(), 'spool'))) {
    see('the spool', await readFile(join(server.dataDir(), 'spool', name), 'utf8'))
  }
  const found = seen
    .splice(0)
    .flatMap(({ place, text }) => tracesIn(text).map((trace) => `${place}: ${trace}`))
  return [...new Set(found)]
}

function report(found: readonly string[]): void {
  // A few are enough to see what is wrong.
  expect({ found: found.length, some: found.slice(0, 20) }).toEqual({ found: 0, some: [] })
}
