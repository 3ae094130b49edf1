import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readers } from '../../src/ingest/readers/registry.ts'
import { useTestServer } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const demo = fileURLToPath(new URL('../../demo/reports', import.meta.url))
const fixtures = fileURLToPath(new URL('../fixtures/nano-agent', import.meta.url))
const report = join(demo, 'eval_results_1_unit_conversion_test.md')

const database = useTestDatabase()
const server = useTestServer(database)
let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-ingest-'))
})
afterAll(() => rm(base, { recursive: true, force: true }))

async function makeFile(path: string, content: string | Uint8Array): Promise<string> {
  const file = join(base, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, content)
  return file
}

let answers = 0
/** A response that no other test has. */
const response = (more: object = {}) =>
  JSON.stringify({
    success: true,
    result: `answer ${++answers}`,
    error: null,
    metadata: { model: 'gpt-5', provider: 'openai' },
    execution_time_seconds: 1.5,
    ...more,
  })

const count = async () =>
  Number(
    (await database.client()`select count(*) from evaluation_results where dead_xid is null`)[0]!['count'],
  )
const ingestJson = async (...args: string[]) => {
  const { code, stdout, stderr } = await server.cli(['ingest', ...args, '--json'])
  expect(stderr).toBe('')
  return { code, ...(JSON.parse(stdout) as { files: File[]; leftOut: Left[]; failed: Left[] }) }
}
interface Left {
  readonly path: string
  readonly why: string
}
interface File {
  readonly path: string
  readonly status: string
  readonly format: string | null
  readonly records: { added: number; replaced: number; unchanged: number }
  readonly rejects: { line?: number; item?: number; reason: string; excerpt: string }[]
  readonly warnings: { message: string }[]
}

it('takes a folder of reports in, and the second time says that all of it is there already', async () => {
  const first = await server.cli(['ingest', demo])
  expect(first).toMatchObject({ code: 0 })
  expect(first.stdout.match(/^ingested .*: \d+ added$/gm)).toHaveLength(3)
  expect(first.stderr).toBe('evalport: 3 files, 26 records added, 0 replaced, 0 there already, 0 refused\n')
  const second = await server.cli(['ingest', demo, report])
  expect(second).toMatchObject({ code: 0 })
  expect(second.stdout.match(/^unchanged .*: \d+ there already$/gm)).toHaveLength(4)
  expect(second.stderr).toContain('4 files, 0 records added, 0 replaced, 35 there already, 0 refused')
})

it('takes named files and standard input, and prints what became of each as JSON', async () => {
  const before = await count()
  const named = await ingestJson(join(fixtures, 'eval_results_7_date_parsing_test.md'))
  expect(named).toMatchObject({
    code: 0,
    files: [{ status: 'ingested', format: 'nano-agent-report', records: { added: 4 }, rejects: [] }],
    leftOut: [],
    failed: [],
  })
  const piped = await server.cli(['ingest', '-', '--json'], { input: `${response()}\n${response()}\n` })
  expect(JSON.parse(piped.stdout)).toMatchObject({
    files: [{ path: 'standard input', format: 'nano-agent-response', records: { added: 2 } }],
  })
  expect(await count()).toBe(before + 6)
})

it('refuses the broken lines of a file with reason and place, takes the others, and ends with 2', async () => {
  const file = await makeFile(
    'partial.jsonl',
    `${response()}\n{"success": tru\n${response({ success: 1 })}\n`,
  )
  const good = await makeFile('whole.jsonl', response())
  const { code, stdout, stderr } = await server.cli(['ingest', file, good])
  expect(code).toBe(2)
  expect(stdout).toBe(
    `partial     ${file}: evaluation_results: 1 added; 2 refused\ningested    ${good}: evaluation_results: 1 added\n`,
  )
  expect(stderr).toMatch(/^ {2}refused line 2: cannot be read as JSON: column 13: .*: \{"success": tru$/m)
  expect(stderr).toMatch(/^ {2}refused line 3: success: expected true or false, found 1: \{/m)
  const stored = await database.client()`select line, item, reason from ingest_rejects order by line`
  expect(stored).toMatchObject([{ line: 2 }, { line: 3, reason: 'success: expected true or false, found 1' }])
})

it('passes over unknown files found in folders, and puts named ones into quarantine', async () => {
  await makeFile('mixed/notes.md', 'Shopping list')
  await makeFile('mixed/photo.png', 'not read')
  await makeFile('mixed/.git/config.json', response())
  await makeFile('mixed/deep/er/answer.JSON', response())
  await symlink(report, join(base, 'mixed/link.md'))
  await symlink('..', join(base, 'mixed/around'))
  const folder = await ingestJson(join(base, 'mixed'))
  expect(folder.code).toBe(0)
  expect(folder.files.map(({ path, status }) => `${status} ${path.slice(base.length)}`)).toEqual([
    'ingested /mixed/deep/er/answer.JSON',
    'skipped /mixed/notes.md',
  ])
  expect(folder.leftOut.map(({ path, why }) => `${path.slice(base.length)}: ${why}`)).toEqual([
    '/mixed/.git: never holds reports',
    '/mixed/around: a link, which is not followed',
    '/mixed/link.md: a link, which is not followed',
    '/mixed/photo.png: its ending is of no known format',
  ])
  const named = await ingestJson(join(base, 'mixed/notes.md'), join(base, 'mixed/photo.png'))
  expect(named).toMatchObject({ code: 2, files: [{ status: 'quarantined' }, { status: 'quarantined' }] })
  expect(named.files[0]!.rejects[0]!.reason).toContain('not a known format')
})

it('follows a link that is named, to a folder too', async () => {
  await mkdir(join(base, 'target'))
  await cp(report, join(base, 'target/report.md'))
  await symlink('target', join(base, 'named'))
  const { files } = await ingestJson(join(base, 'named'), join(base, 'mixed/link.md'))
  expect(files).toMatchObject([{ status: 'unchanged' }, { status: 'unchanged' }])
})

it('names every path that is not there, and sends nothing', async () => {
  const file = await makeFile('unsent.jsonl', response())
  const before = await count()
  const { code, stdout, stderr } = await server.cli(['ingest', '/no/such', file, '/nor/this'])
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(
    'no file or folder /no/such.\n✗ There is no file or folder /nor/this.\n  Nothing was',
  )
  expect(await count()).toBe(before)
})

it.skipIf(process.platform !== 'linux')(
  'says which files alone could not be read, and sends the rest',
  async () => {
    await makeFile('names/good.jsonl', response())
    // Not UTF-8: no name that Node can say leads to it.
    const bytes = Buffer.concat([Buffer.from(join(base, 'names/')), Buffer.from([0xff, 0x2e, 0x6d, 0x64])])
    await writeFile(bytes, 'x')
    const { code, files, failed } = await ingestJson(join(base, 'names'))
    expect({ code, files }).toMatchObject({ code: 2, files: [{ status: 'ingested' }] })
    expect(failed).toMatchObject([{ why: expect.stringContaining('cannot be read: ENOENT') as string }])
  },
)

it('takes files of any name, and prints no name that could steer a terminal', async () => {
  const names = [
    'new\nline.jsonl',
    'quo"te\'.jsonl',
    '\u001b[31mred.jsonl',
    '-f.jsonl',
    '*.jsonl',
    '日本語 é.jsonl',
  ]
  names.push(`${'n'.repeat(249)}.jsonl`)
  for (const name of names) await makeFile(`hostile/${name}`, response())
  const { code, stdout } = await server.cli(['ingest', join(base, 'hostile')])
  expect(code).toBe(0)
  expect(stdout.match(/^ingested /gm)).toHaveLength(names.length)
  expect(stdout).toContain('new\\u000aline.jsonl')
  expect(stdout).toContain('\\u001b[31mred.jsonl')
  const stored = await database.client()`select path from source_files where path like '%/hostile/%'`
  expect(stored.map(({ path }) => (path as string).split('/hostile/')[1]).sort()).toEqual(names.sort())
})

it('takes a file with the named reader, and tells which there are when it is not known', async () => {
  const forced = await ingestJson(join(base, 'whole.jsonl'), '--format', 'nano-agent-report')
  expect(forced).toMatchObject({ code: 2, files: [{ status: 'quarantined', format: 'nano-agent-report' }] })
  const unknown = await server.cli(['ingest', report, '--format', 'nope', '--json'])
  expect(unknown).toMatchObject({ code: 2, stdout: '' })
  expect(JSON.parse(unknown.stderr)).toMatchObject({
    error: {
      code: 'INVALID_INPUT',
      message: `Unknown input format "nope". Known: ${readers.map(({ id }) => id).join(', ')}.`,
    },
  })
})

it('dates records without a time by the last commit of their file, or by its own time', async () => {
  const file = await makeFile('checkout/:!a.jsonl', response())
  const other = await makeFile('checkout/plain.jsonl', response())
  await utimes(other, 1_700_000_000, 1_700_000_000)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], {
      cwd: join(base, 'checkout'),
      env: {
        PATH: process.env['PATH'],
        GIT_COMMITTER_DATE: '2025-06-01T12:00:00Z',
        GIT_CONFIG_GLOBAL: '/dev/null',
      },
    })
  git('init', '--quiet')
  git('add', '--', ':(literal):!a.jsonl')
  git('commit', '--quiet', '--message', 'one')
  await ingestJson(file, other)
  const rows = await database.client()`select occurred_at::text as at, occurred_at_source as source
    from evaluation_results where source_file like '%/checkout/%' order by source_file`
  expect(rows).toEqual([
    { at: '2025-06-01 12:00:00+00', source: 'git_commit' },
    { at: '2023-11-14 22:13:20+00', source: 'file_mtime' },
  ])
})

it('replaces what Postgres cannot hold, counts it once, and says so', async () => {
  const lone = await makeFile('lone.jsonl', response({ result: 'x\0\ud800y' }))
  const { files } = await ingestJson(lone)
  expect(files[0]!.warnings).toMatchObject([
    { message: '2 characters that Postgres cannot hold became U+FFFD' },
  ])
  const [row] = await database.client()`select response from evaluation_results where response like 'x%y'`
  expect(row).toEqual({ response: 'x��y' })
})

it('takes a byte-order mark and CRLF', async () => {
  const file = await makeFile('bom.jsonl', `\uFEFF${response()}\r\n${response()}\r\n`)
  expect((await ingestJson(file)).files).toMatchObject([{ status: 'ingested', records: { added: 2 } }])
})
