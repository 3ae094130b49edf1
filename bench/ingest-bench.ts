import { createWriteStream } from 'node:fs'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import type { IngestReport } from '../src/ingest/report.ts'
import type { Stored } from '../src/ingest/store/store-batch.ts'
import { transcript } from './generated-sessions.ts'
import { cli, nodeFlags, startServerProcess, type ServerProcess } from './server-process.ts'

const { values: options } = parseArgs({
  options: { megabytes: { type: 'string', default: '1000' }, out: { type: 'string' } },
})
const bytes = Number(options.megabytes) * 1_000_000

/** What `evalport ingest` does, in a process of its own. */
async function ingest(
  server: ServerProcess,
  path: string,
): Promise<IngestReport<Stored> & { seconds: number }> {
  const started = performance.now()
  const child = spawn(process.execPath, [...nodeFlags, cli, 'ingest', path, '--json'], {
    env: {
      PATH: process.env['PATH'],
      EVALPORT_URL: server.url,
      EVALPORT_API_KEY: server.key,
      EVALPORT_DATA_DIR: server.dataDir,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: Buffer[] = []
  child.stdout.on('data', (part: Buffer) => said.push(part))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`evalport ingest ended with ${String(code)}`)
  const { files } = JSON.parse(Buffer.concat(said).toString()) as { files: IngestReport<Stored>[] }
  return { ...files[0]!, seconds: (performance.now() - started) / 1000 }
}

const lines: string[] = []
const say = (line: string) => {
  lines.push(line)
  console.log(line)
}
say(
  `Transcripts of ${options.megabytes} MB; Node ${process.version}, ${new Date().toISOString().slice(0, 10)}. At most 300 MB of RSS.\n`,
)
say('| file | MB | records | metrics made | seconds | MB/s | again: added | peak RSS MB |')
say('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
for (const form of ['lines', 'array'] as const) {
  const server = await startServerProcess()
  try {
    const path = join(server.dataDir, form === 'lines' ? 'session.jsonl' : 'chat.json')
    await pipeline(Readable.from(transcript(bytes, form)), createWriteStream(path))
    const { size } = await stat(path)
    server.resetPeak()
    const first = await ingest(server, path)
    const again = await ingest(server, path)
    if (first.status !== 'ingested') throw new Error(`the file was ${first.status}`)
    const megabytes = size / 1_000_000
    const row = [
      form === 'lines' ? 'JSON lines' : 'one JSON array',
      megabytes.toFixed(0),
      first.records.added,
      first.madeMetrics,
      first.seconds.toFixed(1),
      (megabytes / first.seconds).toFixed(1),
      again.records.added,
      (server.peakRss() / 1_000_000).toFixed(0),
    ]
    say(`| ${row.join(' | ')} |`)
  } finally {
    await server.stop()
  }
}
if (options.out)
  await writeFile(
    options.out,
    `# Ingest speed\n\nMade by \`npm run bench:ingest -- --out bench/ingest-results.md\`.\n\n${lines.join('\n')}\n`,
  )
