import { cpus, loadavg } from 'node:os'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import postgres, { type Sql } from 'postgres'
import { evaluationResults } from '../src/ingest/seed/evaluation-results.ts'
import { seedRows } from '../src/ingest/seed/seed.ts'
import { toolCalls } from '../src/ingest/seed/tool-calls.ts'
import { query, startExport } from './api.ts'
import { startServerProcess, type ServerProcess } from './server-process.ts'

/** How long a small export of one caller takes alone, and while many large ones of another caller wait and run. */

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '300000' },
    small: { type: 'string', default: '2000' },
    exports: { type: 'string', default: '50' },
    runs: { type: 'string', default: '9' },
    out: { type: 'string' },
  },
})
const rows = Number(options.rows)
const smallRows = Number(options.small)
const exports = Number(options.exports)
const runs = Number(options.runs)

const small = { source: { toolCalls: {} }, format: 'CSV' }
const large = { source: { evaluationResults: {} }, format: 'CSV' }

/** From the request to the news that the file is there, as its caller lives it. */
async function smallOnce(server: ServerProcess, key: string): Promise<number> {
  const begun = performance.now()
  const id = await startExport(server, key, small)
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({
      query: 'subscription ($id: ID!) { exportJobUpdated(id: $id) { status file { rows } } }',
      variables: { id },
    }),
  })
  const events = await response.text()
  const seconds = (performance.now() - begun) / 1000
  if (!events.includes(`"status":"SUCCEEDED","file":{"rows":${smallRows}}`)) throw new Error(events)
  return seconds
}

async function smallOnes(server: ServerProcess, key: string): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    times.push(await smallOnce(server, key))
  }
  return times
}

async function makeKey(server: ServerProcess, name: string): Promise<string> {
  const text = `mutation ($name: String!) { createApiKey(input: { name: $name, project: "bench", role: "analyst" }) { secret } }`
  const { createApiKey } = await query<{ createApiKey: { secret: string } }>(server, server.key, text, {
    name,
  })
  return createApiKey.secret
}

async function largeStates(sql: Sql): Promise<Record<string, number>> {
  const found = await sql`select status, count(*)::int as count from export_jobs
    where plan->>'dataset' = 'evaluation_results' group by status`
  return Object.fromEntries(found.map((row) => [row['status'] as string, row['count'] as number]))
}

async function largeRowsWritten(sql: Sql): Promise<number> {
  const [found] = await sql`select coalesce(sum(rows_written), 0)::float8 as rows from export_jobs
    where plan->>'dataset' = 'evaluation_results'`
  return found!['rows'] as number
}

/** Of the small exports: how long the latest ones waited for a worker, and were then written. */
async function phases(sql: Sql): Promise<string> {
  const found = await sql`select extract(epoch from claimed_at - created_at)::float8 as waited,
    extract(epoch from finished_at - claimed_at)::float8 as ran
    from export_jobs where plan->>'dataset' = 'tool_calls' order by created_at desc limit ${runs}`
  const of = (name: string) => median(found.map((row) => row[name] as number)).toFixed(2)
  return `${of('waited')} s until a worker had it, ${of('ran')} s from there to its end`
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b)
const median = (numbers: readonly number[]) => sorted(numbers)[Math.floor(numbers.length / 2)]!
const row = (name: string, times: readonly number[]) =>
  `| ${name} | ${median(times).toFixed(2)} | ${sorted(times)[0]!.toFixed(2)} | ${sorted(times).at(-1)!.toFixed(2)} |`

const load = loadavg()[0]!.toFixed(1)
const server = await startServerProcess()
const sql = postgres(server.databaseUrl, { max: 2 })
try {
  await query(server, server.key, 'mutation { createProject(input: { name: "bench" }) { project { name } } }')
  const [project] = await sql`select id from projects where name = 'bench'`
  const projectId = project!['id'] as number
  await seedRows(sql, { projectId, tables: [evaluationResults], rows, seed: 1 })
  await seedRows(sql, { projectId, tables: [toolCalls], rows: smallRows, seed: 1 })
  const [patient, greedy] = [await makeKey(server, 'small'), await makeKey(server, 'large')]

  await smallOnce(server, patient)
  const alone = await smallOnes(server, patient)

  const phasesAlone = await phases(sql)

  for (let each = 0; each < exports; each++) await startExport(server, greedy, large)
  while (!((await largeStates(sql))['RUNNING'] ?? 0)) await new Promise((resolve) => setTimeout(resolve, 50))
  const before = { rows: await largeRowsWritten(sql), at: performance.now() }
  const beside = await smallOnes(server, patient)
  const phasesBeside = await phases(sql)
  const states = await largeStates(sql)
  const speed = ((await largeRowsWritten(sql)) - before.rows) / ((performance.now() - before.at) / 1000)
  if (!states['RUNNING'] || !states['QUEUED']) throw new Error(`too few: ${JSON.stringify(states)}`)

  const ratio = median(beside) / median(alone)
  const lines = [
    `A small export of ${smallRows} tool calls, from the request to the news that its file is there, ${runs} times each:`,
    `alone, and with ${exports} exports of ${rows} results by another caller of the same project queued and running.`,
    `One server with its usual two places; Node ${process.version}, ${cpus().length} × ${cpus()[0]!.model.trim()},`,
    `${new Date().toISOString().slice(0, 10)}. Load of the machine by others beforehand: ${load}.`,
    '',
    '| seconds | median | least | most |',
    '| --- | ---: | ---: | ---: |',
    row('alone', alone),
    row('beside the large ones', beside),
    '',
    `Alone: ${phasesAlone}; beside the large ones: ${phasesBeside} (medians).`,
    `Ratio of the medians: ${ratio.toFixed(2)} (at most 2). Meanwhile the large exports wrote ${Math.round(speed)} rows/s.`,
  ]
  console.log(lines.join('\n'))
  if (options.out) {
    await writeFile(
      options.out,
      `# Fairness\n\nMade by \`npm run bench:fairness -- --out bench/fairness-results.md\`.\n\n${lines.join('\n')}\n`,
    )
  }
} finally {
  await sql.end()
  await server.stop()
}
