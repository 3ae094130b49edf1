import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { attachEmbeddedPostgres } from '../src/db/embedded/embedded-postgres.ts'

export const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
/** How `npm start` and `bin/evalport` run it. */
export const nodeFlags = ['--max-semi-space-size=4']
export const mallocSettings = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
}

/** A server as users start it, a process of its own on a data folder of its own. Linux only: it reads /proc. */
export interface ServerProcess {
  readonly url: string
  readonly key: string
  readonly databaseUrl: string
  readonly dataDir: string
  /** Forgets the peak of the server's memory. */
  resetPeak(): void
  /** The peak of its resident memory since then, in bytes. */
  peakRss(): number
  stop(): Promise<void>
}

export async function startServerProcess(): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'evalport-bench-'))
  const env = {
    ...mallocSettings,
    PATH: process.env['PATH'],
    EVALPORT_DATA_DIR: dataDir,
    EVALPORT_PORT: '0',
    EVALPORT_LOG_LEVEL: 'warn',
  }
  const child = spawn(process.execPath, [...nodeFlags, cli, 'serve'], {
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  await until(child, /ready at /)
  const { url } = JSON.parse(await readFile(join(dataDir, 'server.json'), 'utf8')) as { url: string }
  const database = await attachEmbeddedPostgres({ folder: join(dataDir, 'postgres') })
  return {
    url,
    key: (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim(),
    databaseUrl: database!.url,
    dataDir,
    resetPeak: () => writeFileSync(`/proc/${child.pid}/clear_refs`, '5'),
    peakRss() {
      const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))!
      return Number(kilobytes) * 1024
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([ended, delay(15_000)])
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function until(child: ChildProcess, sign: RegExp): Promise<void> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (sign.test(said)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${said}`)))
  })
}
