import { spawn, type ChildProcess } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/**
 * The main job from end to end, on a data folder that is thrown away: starts a server, takes in the reports beside this
 * file, exports them as CSV, JSON and XML into out/, and stops everything.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const cli = join(root, 'src', 'cli.ts')
const dataDir = await mkdtemp(join(tmpdir(), 'evalport-demo-'))
const env = { ...process.env, EVALPORT_DATA_DIR: dataDir, EVALPORT_PORT: '0', EVALPORT_LOG_LEVEL: 'warn' }
for (const name of ['DATABASE_URL', 'EVALPORT_URL', 'EVALPORT_API_KEY', 'EVALPORT_PUBLIC_URL'])
  delete env[name as keyof typeof env]

const children = new Set<ChildProcess>()

function start(args: readonly string[], stdio: 'inherit' | ['ignore', 'inherit', 'pipe']): ChildProcess {
  const child = spawn(process.execPath, ['--max-semi-space-size=4', cli, ...args], { cwd: root, env, stdio })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) =>
    child.exitCode === null ? child.once('exit', resolve) : resolve(child.exitCode),
  )
}

async function run(...args: string[]): Promise<void> {
  console.log(`\n$ evalport ${args.join(' ')}`)
  const code = await ended(start(args, 'inherit'))
  if (code !== 0) throw new Error(`evalport ${args[0]} ended with exit code ${String(code)}`)
}

async function startServer(): Promise<ChildProcess> {
  console.log('$ evalport serve')
  const server = start(['serve'], ['ignore', 'inherit', 'pipe'])
  await new Promise<void>((resolve, reject) => {
    server.once('exit', (code) => reject(new Error(`the server ended with exit code ${String(code)}`)))
    createInterface({ input: server.stderr! }).on('line', (line) => {
      // The key opens nothing but this throw-away server; all the same it is nobody's business.
      console.log(line.replace(/evp_\w+/, 'evp_…'))
      if (line.includes('ready at')) resolve()
    })
  })
  return server
}

async function showFirstLines(path: string): Promise<void> {
  const { size } = await stat(path)
  console.log(`\n${path.slice(root.length)} (${size} bytes)`)
  let shown = 0
  const lines = createInterface({ input: createReadStream(path) })
  for await (const line of lines) {
    console.log(`  ${line.length > 150 ? `${line.slice(0, 149)}…` : line}`)
    if (++shown === 3) break
  }
  lines.close()
}

let interrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interrupted = true
    for (const child of children) child.kill('SIGTERM')
  })
}

try {
  const started = performance.now()
  const server = await startServer()
  await run('ingest', 'demo/reports')
  await mkdir(join(root, 'out'), { recursive: true })
  const files = ['csv', 'json', 'xml'].map((format) => join('out', `results.${format}`))
  for (const file of files) await run('export', 'results', '-o', file, '--force')
  for (const file of files) await showFirstLines(join(root, file))
  server.kill('SIGTERM')
  await ended(server)
  console.log(
    `\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s; the files stay in out/, all else is gone.`,
  )
} catch (error) {
  console.error(
    interrupted
      ? 'The demo was interrupted.'
      : `The demo failed: ${error instanceof Error ? error.message : String(error)}`,
  )
  process.exitCode = interrupted ? 130 : 1
} finally {
  const left = [...children]
  for (const child of left) child.kill('SIGTERM')
  await Promise.all(left.map(ended))
  await rm(dataDir, { recursive: true, force: true })
}
