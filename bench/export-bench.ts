import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import postgres, { type Sql } from 'postgres'
import { enumCase } from '../src/core/field.ts'
import { evaluationResults } from '../src/datasets/evaluation-results.ts'
import { formatters } from '../src/formatters/registry.ts'
import { evaluationResults as seededResults } from '../src/ingest/seed/evaluation-results.ts'
import { seedRows } from '../src/ingest/seed/seed.ts'
import { startExport } from './api.ts'
import { cli, nodeFlags, startServerProcess, type ServerProcess } from './server-process.ts'

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    runs: { type: 'string', default: '3' },
    out: { type: 'string' },
  },
})
const rows = Number(options.rows)
const runs = Number(options.runs)

const plainColumns = `'evr_' || id, run, test_id, occurred_at, provider, model, success, score, grade_performance, grade_speed,
  grade_cost, grade_overall, rank, duration_ns * 0.000000001, input_tokens, output_tokens, total_tokens,
  cost_reported_usd, cost_computed_usd, error_type`

interface Finished {
  readonly seconds: number
  readonly bytes: number
  readonly rows: number
}

/** Asks for an export as a client does, and waits for its end. */
async function exportOnce(
  server: ServerProcess,
  key: string,
  format: string,
  fields?: readonly string[],
): Promise<Finished> {
  const started = performance.now()
  const id = await startExport(server, key, {
    source: { evaluationResults: { ...(fields && { fields }) } },
    format,
  })
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({
      query: 'subscription ($id: ID!) { exportJobUpdated(id: $id) { status file { rows bytes } } }',
      variables: { id },
    }),
  })
  const events = await response.text()
  const seconds = (performance.now() - started) / 1000
  const last = events
    .split('\n')
    .filter((line) => line.includes('"exportJobUpdated"'))
    .at(-1)!
  const { status, file } = (
    JSON.parse(last.slice(last.indexOf('{'))) as {
      data: { exportJobUpdated: { status: string; file: { rows: number; bytes: number } } }
    }
  ).data.exportJobUpdated
  if (status !== 'SUCCEEDED') throw new Error(`the export ended as ${status}`)
  return { seconds, ...file }
}

/** What Postgres alone takes: the limit. */
async function copyOnce(databaseUrl: string, projectId: number, path: string): Promise<Finished> {
  // A connection for each: after a COPY that was slowed down, postgres.js may leave one unusable.
  const sql = postgres(databaseUrl, { max: 1 })
  await sql`select 1`
  const started = performance.now()
  const copy = await sql
    .unsafe(
      `copy (select ${plainColumns} from evaluation_results where project_id = ${projectId} order by occurred_at, id)
        to stdout (format csv, header)`,
    )
    .readable()
  await pipeline(copy, createWriteStream(path))
  const seconds = (performance.now() - started) / 1000
  await sql.end({ timeout: 1 })
  return { seconds, bytes: (await stat(path)).size, rows }
}

async function commandLine(server: ServerProcess, key: string, path: string): Promise<number> {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [...nodeFlags, cli, 'export', 'results', '-q', '--force', '-o', path],
    {
      env: {
        PATH: process.env['PATH'],
        EVALPORT_URL: server.url,
        EVALPORT_API_KEY: key,
        EVALPORT_DATA_DIR: server.dataDir,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`evalport export ended with ${String(code)}`)
  return (performance.now() - started) / 1000
}

async function projectWith(server: ServerProcess, sql: Sql, name: string, count: number) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `mutation { createProject(input: { name: "${name}" }) { project { name } }
        createApiKey(input: { name: "bench", project: "${name}", role: "analyst" }) { secret } }`,
    }),
  })
  const { data } = (await response.json()) as { data: { createApiKey: { secret: string } } }
  const [project] = await sql`select id from projects where name = ${name}`
  const id = project!['id'] as number
  await seedRows(sql, { projectId: id, tables: [seededResults], rows: count, seed: 1 })
  return { key: data.createApiKey.secret, id }
}

const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(0)

const server = await startServerProcess()
const sql = postgres(server.databaseUrl, { max: 4 })
try {
  const lines: string[] = []
  const say = (line: string) => {
    lines.push(line)
    console.log(line)
  }
  say(
    `${rows} seeded results, 20 default columns, medians of ${runs} runs; Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
  )
  const main = await projectWith(server, sql, 'main', rows)
  const copyPath = join(server.dataDir, 'copy.csv')
  say('| format | seconds | rows/s | MB | COPY seconds | ratio | peak RSS MB |')
  say('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
  await exportOnce(server, main.key, 'CSV')
  await copyOnce(server.databaseUrl, main.id, copyPath)
  for (const formatter of formatters) {
    const pairs: { ours: Finished; copy: Finished }[] = []
    server.resetPeak()
    for (let run = 0; run < runs; run++) {
      const copy = await copyOnce(server.databaseUrl, main.id, copyPath)
      pairs.push({ ours: await exportOnce(server, main.key, enumCase(formatter.id)), copy })
    }
    const seconds = median(pairs.map((pair) => pair.ours.seconds))
    const copySeconds = median(pairs.map((pair) => pair.copy.seconds))
    const ratio = median(pairs.map((pair) => pair.ours.seconds / pair.copy.seconds))
    const { bytes, rows: written } = pairs[0]!.ours
    if (written !== rows) throw new Error(`${formatter.id}: ${written} rows instead of ${rows}`)
    say(
      `| ${formatter.id} | ${seconds.toFixed(2)} | ${Math.round(rows / seconds)} | ${megabytes(bytes)} | ${copySeconds.toFixed(2)} | ${ratio.toFixed(2)} | ${megabytes(server.peakRss())} |`,
    )
  }

  const small = await projectWith(server, sql, 'small', 10_000)
  const times: number[] = []
  for (let run = 0; run < runs; run++)
    times.push(await commandLine(server, small.key, join(server.dataDir, 'small.csv')))
  say(
    `\n10,000 results end to end, from \`evalport export\` typed to the checked file: ${median(times).toFixed(2)} s (at most 3)`,
  )

  const allowed = evaluationResults.fields.filter(
    (field) => field.sensitivity === 'public' || field.sensitivity === 'internal',
  )
  const all = allowed.map((field) => enumCase(field.name))
  say(`\nOver 100 MB in each format, all ${all.length} columns that may leave, at most 200 MB of RSS:\n`)
  say('| format | rows | MB | seconds | peak RSS MB |')
  say('| --- | ---: | ---: | ---: | ---: |')
  const large = await projectWith(server, sql, 'large', Math.max(rows, 300_000))
  for (const formatter of formatters) {
    server.resetPeak()
    const { seconds, bytes, rows: written } = await exportOnce(server, large.key, enumCase(formatter.id), all)
    say(
      `| ${formatter.id} | ${written} | ${megabytes(bytes)} | ${seconds.toFixed(2)} | ${megabytes(server.peakRss())} |`,
    )
  }
  if (options.out)
    await writeFile(
      options.out,
      `# Export speed\n\nMade by \`npm run bench -- --out bench/results.md\`.\n\n${lines.join('\n')}\n`,
    )
} finally {
  await sql.end()
  await server.stop()
}
