import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useTestServer, type CliOptions } from '../support/cli.ts'
import { useTestDatabase } from '../support/database.ts'

const demo = fileURLToPath(new URL('../../demo/reports', import.meta.url))
const database = useTestDatabase()
const server = useTestServer(database)
let base: string
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-export-'))
  await server.cli(['ingest', demo, '-q'])
  await database.client()`update evaluation_results set occurred_at = now() - interval '1 day'`
})
afterAll(() => rm(base, { recursive: true, force: true }))

const evalport = (args: string, options: CliOptions = {}) =>
  server.cli(args.split(' '), { cwd: base, ...options })
const read = (name: string) => readFile(join(base, name), 'utf8')
const jobCount = async () => Number((await database.client()`select count(*) from export_jobs`)[0]!['count'])

it('exports the chosen fields of a model’s last week as XML, proves the file, and prints only its path', async () => {
  const { code, stdout, stderr } = await evalport(
    'export results --format xml --since 7d --model gpt-5 --fields test_id,model,score,cost_reported_usd -o out.xml',
  )
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'out.xml\n' })
  const text = await read('out.xml')
  expect(text).toContain(
    '<row><test_id>lop_eval_1__unit_conversion_test</test_id><model>gpt-5</model>' +
      '<score xsi:nil="true"/><cost_reported_usd>0.007995</cost_reported_usd></row>',
  )
  expect(text.match(/<row>/g)).toHaveLength(3)
  expect(stderr).toMatch(/^evalport: export exp_[-0-9a-f]{36} started: evaluation_results, 4 columns, xml$/m)
  const sha256 = createHash('sha256').update(text).digest('hex')
  expect(stderr).toMatch(new RegExp(`^evalport: done 3 rows, .*, sha256 ${sha256}$`, 'm'))
  expect((await stat(join(base, 'out.xml'))).mode & 0o777).toBe(0o600)
})

it('takes the format from the ending of the file, and fields relative to the default ones', async () => {
  expect(await evalport('export results -o x.json --fields +run,-score,-id --order desc -q')).toEqual({
    code: 0,
    signal: null,
    stdout: 'x.json\n',
    stderr: '',
  })
  const rows = JSON.parse(await read('x.json')) as Record<string, unknown>[]
  expect(rows).toHaveLength(26)
  expect(Object.keys(rows[0]!)).toEqual(expect.arrayContaining(['run', 'test_id']))
  expect(Object.keys(rows[0]!)).not.toEqual(expect.arrayContaining(['score']))
  expect(rows[0]).not.toHaveProperty('id')
})

it('names everything that is wrong at once with what may have been meant, and starts nothing', async () => {
  const jobs = await jobCount()
  const wrong = await evalport(
    'export results --format xmll --fields tst_id,modell,zzzzzzzz --format-option foo=1 -o w.csv',
  )
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toContain('Unknown format "xmll" in --format. Did you mean xml?')
  expect(wrong.stderr).toContain('Unknown field "tst_id" in --fields. Did you mean test_id?')
  expect(wrong.stderr).toContain('Unknown field "modell" in --fields. Did you mean model?')
  expect(wrong.stderr).toContain('Unknown field "zzzzzzzz" in --fields. Known: id, ')
  const dataset = await evalport('export resuls --json --format csv --format-option delimitr=;')
  const { error } = JSON.parse(dataset.stderr) as {
    error: { code: string; problems: { suggestion: string }[] }
  }
  expect({ code: dataset.code, error: error.code }).toEqual({ code: 2, error: 'INVALID_INPUT' })
  expect(error.problems[0]!.suggestion).toBe('Did you mean results?')
  expect(error.problems[1]).toMatchObject({ path: ['--format-option'] })
  expect(await jobCount()).toBe(jobs)
  expect(await readdir(base)).not.toContain('w.csv')
})

it('refuses a filter that the dataset does not have, and starts nothing', async () => {
  const jobs = await jobCount()
  const { code, stdout, stderr } = await evalport(
    'export tools --model gpt-5 --metric x --session s -o w.csv',
  )
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('--model cannot be used with tool_calls, which cannot be filtered by model.')
  expect(stderr).toContain('--metric cannot be used with tool_calls')
  expect(await jobCount()).toBe(jobs)
})

it('exports each dataset under its short name', async () => {
  for (const name of ['metrics', 'interactions', 'tools']) {
    const { code } = await evalport(`export ${name} --since 7d --session s -q -o ${name}.csv`)
    expect([name, code]).toEqual([name, 0])
  }
  expect(await read('tools.csv')).toMatch(/^"id","occurred_at","session_id","tool_name"/)
})

it('tells a wrong command line as JSON too', async () => {
  const { code, stdout, stderr } = await evalport('export results --bogus --json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(JSON.parse(stderr)).toEqual({
    error: { code: 'INVALID_INPUT', message: "unknown option '--bogus'" },
  })
  const time = await evalport('export results --since 2026-02-30 --json')
  expect({ code: time.code, ...(JSON.parse(time.stderr) as object) }).toMatchObject({
    code: 2,
    error: { code: 'INVALID_INPUT' },
  })
})

it('refuses a content field to a reader with 5', async () => {
  const { stdout: made } = await evalport('key create reading --role reader')
  const { code, stdout, stderr } = await evalport('export results --fields prompt,score -o c.csv', {
    env: { EVALPORT_API_KEY: made.trim() },
  })
  expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
  expect(stderr).toContain('(FIELD_FORBIDDEN, exit 5)')
})

it('writes the file and nothing else to standard output for -o -', async () => {
  const { code, stdout, stderr } = await evalport('export results --format csv --fields model -o - --json')
  expect(code).toBe(0)
  expect(stdout.split('\r\n')).toHaveLength(28)
  expect(stdout).toMatch(/^"model"\r\n/)
  const last = JSON.parse(stderr.trimEnd().split('\n').at(-1)!) as { sha256: string; path: null }
  expect(last).toMatchObject({ path: null, sha256: createHash('sha256').update(stdout).digest('hex') })
})

it('refuses, before it starts an export, what could not be saved afterwards', async () => {
  await writeFile(join(base, 'mine.csv'), 'mine')
  const jobs = await jobCount()
  const refusals = [
    ['mine.csv', 'mine.csv is there already.'],
    ['missing/x.csv', 'There is no folder missing.'],
    ['missing/', 'There is no folder missing/.'],
    ['', 'There is no folder "".'],
    ['mine.csv/x.csv', 'There is no folder mine.csv.'],
    ['/dev/null', '/dev/null is not a regular file.'],
  ] as const
  for (const [output, reason] of refusals) {
    const args = ['export', 'results', '-o', output, ...(output === '/dev/null' ? ['--force'] : [])]
    const { code, stderr } = await server.cli(args, { cwd: base })
    expect({ code, told: stderr.split('\n')[0] }).toEqual({ code: 2, told: `✗ ${reason}` })
  }
  expect(await read('mine.csv')).toBe('mine')
  expect(await jobCount()).toBe(jobs)
  expect(await evalport('export results -o mine.csv --force -q')).toMatchObject({ code: 0 })
  expect(await read('mine.csv')).toMatch(/^"id",/)
})

it('saves under the server’s name in a folder, and under the longest name there can be', async () => {
  await mkdir(join(base, 'folder'))
  const { code, stdout } = await evalport('export results -o folder')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^folder\/evaluation-results_\d{4}-\d\d-\d\dT\d{6}Z\.csv\n$/)
  expect(existsSync(join(base, stdout.trim()))).toBe(true)
  const long = `${'n'.repeat(251)}.csv`
  expect(await evalport(`export results -o ${long} -q`)).toMatchObject({ code: 0 })
  expect((await readdir(base, { recursive: true })).filter((name) => name.endsWith('.part'))).toEqual([])
})

it('prints the file’s facts as one JSON object', async () => {
  const { code, stdout } = await evalport('export results --json -o facts.csv --progress none')
  expect(code).toBe(0)
  const text = await readFile(join(base, 'facts.csv'))
  expect(JSON.parse(stdout)).toEqual({
    id: expect.stringMatching(/^exp_/) as string,
    status: 'SUCCEEDED',
    dataset: 'evaluation_results',
    format: 'CSV',
    rows: 26,
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
    changes: [],
    redactions: [],
    failure: null,
    createdAt: expect.any(String) as string,
    finishedAt: expect.any(String) as string,
    expiresAt: expect.any(String) as string,
    attempt: 1,
    path: 'facts.csv',
  })
})

it('keeps no file whose bytes are not those that were promised, and ends with 7', async () => {
  const { stdout } = await evalport('export results --json -o first.csv')
  const { id } = JSON.parse(stdout) as { id: string }
  const artifact = join(server.dataDir(), 'artifacts', `${id.slice(4)}.1.csv`)
  const bytes = await readFile(artifact)
  bytes[bytes.length >> 1]! ^= 1
  await writeFile(artifact, bytes)
  const { code, stderr } = await evalport(`download ${id} -o damaged.csv`)
  expect(code).toBe(7)
  expect(stderr).toContain('(CHECKSUM_MISMATCH, exit 7)')
  expect((await readdir(base)).filter((name) => /damaged|part/.test(name))).toEqual([])
})

it('says what to do when there is no server, no key, or a wrong one', async () => {
  const nobody = { env: { EVALPORT_DATA_DIR: join(base, 'nothing') } }
  const noServer = await evalport('export results', { env: { EVALPORT_URL: 'http://127.0.0.1:1' } })
  expect(noServer).toMatchObject({ code: 1, stdout: '' })
  expect(noServer.stderr).toContain('No server answers at http://127.0.0.1:1.\n  Start it: evalport serve.')
  const nothingRuns = await evalport('export results', nobody)
  expect(nothingRuns).toMatchObject({ code: 1, stdout: '' })
  expect(nothingRuns.stderr).toContain(`No server runs on the data folder ${join(base, 'nothing')}.`)
  const noKey = await evalport('export results', { env: { ...nobody.env, EVALPORT_URL: server.url() } })
  expect(noKey).toMatchObject({ code: 4, stdout: '' })
  expect(noKey.stderr).toContain('Set EVALPORT_API_KEY.')
  const wrongKey = await evalport('export results', { env: { EVALPORT_API_KEY: 'evp_wrong' } })
  expect(wrongKey).toMatchObject({ code: 4, stdout: '' })
  expect(wrongKey.stderr).toContain('(UNAUTHENTICATED, exit 4)')
  const byAddress = await evalport('export results -o byaddress.csv -q', {
    env: { ...nobody.env, EVALPORT_URL: `${server.url()}/`, EVALPORT_API_KEY: ` ${server.key()}\n` },
  })
  expect(byAddress).toMatchObject({ code: 0, stderr: '' })
  expect(existsSync(join(base, 'nothing'))).toBe(false)
})
