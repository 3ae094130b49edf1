import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openServerLog } from './log.ts'
import { readPostmaster } from './postmaster.ts'
import { childEnvironment, type Command } from './run.ts'
import { startWatchdog } from './watchdog.ts'

/** How a server ended. `lastLog` is the end of its log: at most 20 lines. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lastLog: string
}

/** A running postmaster, our direct child. */
export interface Server {
  readonly pid: number
  readonly watchdogPid: number
  readonly exited: Promise<ServerExit>
  /** Resolves when connections are accepted; rejects when it ends, or takes too long, before that. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** A server that ended before it was ready. */
export class StartError extends Error {
  readonly lastLog: string
  constructor(cluster: string, exit: ServerExit) {
    super(
      `Postgres on ${cluster} ended while starting (${exit.signal ?? `code ${exit.code}`}); its last words:\n${exit.lastLog || '(none)'}`,
    )
    this.name = 'StartError'
    this.lastLog = exit.lastLog
  }
}

const silentStart = 30_000
const recoveringStart = 600_000
const fastStop = 30_000
const hardStop = 15_000

/** Starts `command`, which becomes the postmaster of `cluster`, watched so that it does not outlive us. */
export async function startServer(
  command: Command,
  cluster: string,
  logPath: string,
  environment: Record<string, string>,
): Promise<Server> {
  const { file, args, ...user } = command
  const log = openServerLog(logPath)
  // The server waits for a word from us, so that there is no moment in which it runs unwatched.
  const child = spawn(
    '/bin/sh',
    ['-c', 'read -r word && exec "$@" </dev/null', 'evalport-postgres', file, ...args],
    {
      ...user,
      detached: true,
      cwd: '/',
      env: { ...childEnvironment, ...environment },
      stdio: ['pipe', log.fd, log.fd],
    },
  )
  child.stdin?.on('error', () => {})
  const exited = new Promise<ServerExit>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null, reason = '') => {
      const lastLog = reason || log.lastLines()
      log.close()
      resolve({ code, signal, lastLog })
    }
    child.once('exit', (code, signal) => end(code, signal))
    child.once('error', (error) => {
      if (child.pid === undefined) end(127, null, error.message)
    })
  })
  const { pid } = child
  if (pid === undefined) throw new StartError(cluster, await exited)
  const watchdog = startWatchdog(pid, cluster)
  const watchdogPid = watchdog.pid
  if (watchdogPid === undefined) {
    // Not told to start, it ends.
    child.stdin?.end()
    throw new Error(
      `Postgres on ${cluster} was not started: the process that would guard it (/bin/sh) cannot be.`,
    )
  }
  let ended: ServerExit | undefined
  void exited.then((exit) => {
    ended = exit
    watchdog.leave()
  })
  child.stdin?.end('start\n')
  child.unref()

  async function ready(): Promise<void> {
    const begun = performance.now()
    for (;;) {
      if (ended) throw new StartError(cluster, ended)
      const postmaster = await readPostmaster(cluster)
      const ours = postmaster && postmaster.pid === pid ? postmaster.status : undefined
      if (ours === 'ready') return
      // Replaying what a crash left takes as long as it takes; its state then says "starting".
      if (performance.now() - begun > (ours === 'starting' ? recoveringStart : silentStart)) {
        const lastLog = log.lastLines()
        await stop()
        throw new Error(
          `Postgres on ${cluster} was not ready in time and was stopped; its last words:\n${lastLog}`,
        )
      }
      await sleep(5)
    }
  }

  let stopping: Promise<void> | undefined
  function stop(): Promise<void> {
    return (stopping ??= stopOnce())
  }
  async function stopOnce(): Promise<void> {
    for (const [signal, wait] of [
      ['SIGINT', fastStop],
      ['SIGQUIT', hardStop],
    ] as const) {
      if (ended) return
      child.kill(signal)
      const timer = new AbortController()
      await Promise.race([exited, sleep(wait, undefined, { signal: timer.signal }).catch(() => {})])
      timer.abort()
    }
    if (ended) return
    throw new Error(`Postgres (process ${pid}) on ${cluster} does not stop: end it by hand (kill -9 ${pid}).`)
  }
  return { pid, watchdogPid, exited, ready, stop }
}
