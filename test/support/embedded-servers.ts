import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterEach, beforeEach, vi } from 'vitest'
import { findNative } from '../../src/db/embedded/binaries.ts'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/db/embedded/embedded-postgres.ts'
import type { ParentAnswer } from './embedded-postgres-parent.ts'
import { isRunning, kill, startScript, until, type Script } from './processes.ts'

vi.mock(import('../../src/db/embedded/port.ts'), { spy: true })

export const isRoot = process.getuid?.() === 0
/** A user without a name. */
export const stranger = { uid: 12345, gid: 12345 }
export const nobody = { uid: 65534, gid: 65534 }
export const mayRunAs = (user: { uid: number; gid: number }) =>
  isRoot &&
  spawnSync(join(findNative(), 'bin', 'postgres'), ['--version'], { ...user, cwd: '/' }).status === 0
export const settings = { fsync: 'off', full_page_writes: 'off' }

export const servers: EmbeddedPostgres[] = []
export const scripts: Script[] = []
export const pids: number[] = []
export let base: string
export let folder: string

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-postgres-'))
  folder = join(base, 'postgres')
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  for (const { child } of scripts.splice(0)) kill(child.pid)
  const left = pids.splice(0).filter(isRunning)
  left.forEach(kill)
  await until('processes end', () => !left.some(isRunning))
  await rm(base, { recursive: true, force: true, maxRetries: 20 })
})

export async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder, settings, ...options })
  servers.push(server)
  return server
}

/** A process of its own that starts a server. */
export function startParent(options: { leave?: boolean; folder?: string } = {}, user = {}): Script {
  const script = startScript('embedded-postgres-parent.ts', { folder, settings, ...options }, user)
  scripts.push(script)
  return script
}

export async function answerOf(parent: Script): Promise<ParentAnswer> {
  const answer = await parent.answer<ParentAnswer>()
  if (answer.error === undefined) pids.push(answer.pid, answer.watchdogPid, answer.bystander)
  return answer
}

export async function query<Row extends object>(url: string, text: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  try {
    return [...(await sql.unsafe<Row[]>(text))]
  } finally {
    await sql.end()
  }
}

export const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
export const statusOf = (pid: number, field: string) =>
  new RegExp(`^${field}:\\s*(\\w+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
/** Whether a halted process has been sent a signal. */
export const isPending = (pid: number, signal: number) =>
  ((BigInt(`0x${statusOf(pid, 'ShdPnd')}`) >> BigInt(signal - 1)) & 1n) === 1n
export async function halt(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  // Until then another signal may still get ahead of this one.
  await until('the process halts', () => statusOf(pid, 'State') === 'T')
}
export const noProcess = (...numbers: (number | undefined)[]) =>
  until(
    `processes ${numbers.join(', ')} end`,
    () => !numbers.some((pid) => pid !== undefined && isRunning(pid)),
  )
