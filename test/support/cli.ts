import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import type { TestDatabase } from './database.ts'
import { isRunning, kill, until } from './processes.ts'

const entry = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

const compileCache = join(tmpdir(), 'evalport-test-compiled')

export interface CliOptions {
  /** The whole environment but for PATH; where it names no log level, nothing is logged. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Its standard input; without it, there is none. */
  readonly input?: string | Uint8Array
}

export interface CliResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command line that runs. */
export interface RunningCli {
  readonly pid: number
  readonly child: ChildProcess
  /** What it has said so far. */
  stdout(): string
  stderr(): string
  ended(): Promise<CliResult>
}

const running = new Set<number>()

/** Kills, by their numbers, the command lines of this test file that still run. */
export function killLeftovers(): void {
  for (const pid of running) kill(pid)
  running.clear()
}

export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const child = spawn(process.execPath, ['--max-semi-space-size=4', entry, ...args], {
    cwd: options.cwd,
    env: {
      PATH: process.env['PATH'],
      EVALPORT_LOG_LEVEL: 'error',
      // Most of a start is compiling, and there are hundreds of them.
      NODE_COMPILE_CACHE: compileCache,
      ...options.env,
    },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const pid = child.pid!
  running.add(pid)
  const said: [Buffer[], Buffer[]] = [[], []]
  child.stdout!.on('data', (chunk: Buffer) => said[0].push(chunk))
  child.stderr!.on('data', (chunk: Buffer) => said[1].push(chunk))
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  const text = (of: 0 | 1) => Buffer.concat(said[of]).toString()
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      running.delete(pid)
      resolve({ code, signal, stdout: text(0), stderr: text(1) })
    })
  })
  return { pid, child, stdout: () => text(0), stderr: () => text(1), ended: () => ended }
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(args, options).ended()
}

/** A server as users start it: a process of its own on a data folder of its own. */
export interface ServeProcess extends RunningCli {
  readonly url: string
}

/** Starts `serve` on a folder and waits until it is ready. @throws Error with what it said, when it ends before that */
export async function startServe(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServeProcess> {
  const server = startCli(['serve'], {
    env: { EVALPORT_PORT: '0', ...env, EVALPORT_DATA_DIR: dataDir },
  })
  await until('the server is ready', () => {
    if (!isRunning(server.pid)) throw new Error(`serve ended: ${server.stderr()}`)
    return server.stderr().includes('ready at ') && existsSync(join(dataDir, 'server.json'))
  })
  const { url } = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as { url: string }
  return { ...server, url }
}

/** Asks a process to end and waits until it has. */
export async function stop(process: RunningCli, signal: NodeJS.Signals = 'SIGTERM'): Promise<CliResult> {
  process.child.kill(signal)
  return process.ended()
}

export interface TestServer {
  readonly dataDir: () => string
  readonly url: () => string
  readonly process: () => ServeProcess
  /** The first admin key. */
  readonly key: () => string
  /** Runs a command as a user on the machine of the server does: by the data folder alone. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>
  /** The same, without waiting. */
  start(args: readonly string[], options?: CliOptions): RunningCli
}

/** A `serve` process for the test file, on a database of `useTestDatabase`, ended with whatever else still runs. */
export function useTestServer(
  database: TestDatabase,
  env: Readonly<Record<string, string>> = {},
): TestServer {
  let dataDir = ''
  let server: ServeProcess
  let key = ''
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'evalport-cli-'))
    server = await startServe(dataDir, { DATABASE_URL: database.url(), ...env })
    key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim()
  })
  afterAll(async () => {
    if (isRunning(server.pid)) await stop(server)
    killLeftovers()
    await rm(dataDir, { recursive: true, force: true })
  })
  const within = (options: CliOptions): CliOptions => ({
    ...options,
    env: { EVALPORT_DATA_DIR: dataDir, ...options.env },
  })
  return {
    dataDir: () => dataDir,
    url: () => server.url,
    process: () => server,
    key: () => key,
    cli: (args, options = {}) => runCli(args, within(options)),
    start: (args, options = {}) => startCli(args, within(options)),
  }
}
