import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url))

export type Role = 'serve' | 'worker'

/** A process of Evalport, as users start it. */
export interface Member {
  readonly role: Role
  readonly pid: number
  /** Settles when it serves or works. @throws Error when it ends before that */
  readonly ready: Promise<void>
  /** Settles when it is gone: how. */
  readonly ended: Promise<string>
  /** The end of what it said. */
  lastLines(): string
  signal(signal: NodeJS.Signals): void
}

const keptLines = 40

/**
 * @param env all of its environment but PATH
 * @param logPath what it says is appended there
 */
export function startMember(
  role: Role,
  env: Readonly<Record<string, string>>,
  logPath: string,
  onLine: (line: string, pid: number) => void,
): Member {
  const child = spawn(process.execPath, ['--max-semi-space-size=4', cli, role], {
    // A group of its own: what is typed at the terminal is for the soak, which ends it in order.
    detached: true,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const pid = child.pid
  if (pid === undefined) throw new Error(`${process.execPath} could not be started as ${role}.`)
  const log = createWriteStream(logPath, { flags: 'a' })
  log.write(`--- ${role} ${pid}, ${new Date().toISOString()}\n`)
  const last: string[] = []
  const ended = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => {
      log.end()
      resolve(signal ?? `code ${String(code)}`)
    }),
  )
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log.write(`${line}\n`)
      last.push(line)
      if (last.length > keptLines) last.shift()
      if (line.includes('ready at ') || line.includes('working on the exports of')) resolve()
      onLine(line, pid)
    })
    void ended.then((how) => reject(new Error(`${role} ended by ${how} before it was ready`)))
  })
  // Whoever waits for it hears of it; a process that was meant to be killed has nobody waiting.
  ready.catch(() => {})
  return {
    role,
    pid,
    ready,
    ended,
    lastLines: () => last.join('\n'),
    signal: (signal) => void child.kill(signal),
  }
}
