import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { childEnvironment } from './run.ts'

/*
 * Reads until it is told to leave, or until the one who holds the other end is gone, however it died. The first signal needs
 * no look at postmaster.pid, since we are told to leave when the server ends; seconds later its number may be another's.
 * Signals meant for everyone in our service are left to those it guards: it has its work only after them.
 */
const script = `
trap '' HUP INT TERM
while read -r word; do [ "$word" = leave ] && exit 0; done
kill -INT "$1" 2>/dev/null
seconds=0
while [ $seconds -lt 15 ]; do
  sleep 1
  seconds=$((seconds + 1))
  kill -0 "$1" 2>/dev/null && read -r owner <"$2" && [ "$owner" = "$1" ] || exit 0
  [ $seconds -eq 4 ] && kill -QUIT "$1"
done 2>/dev/null
`

export interface Watchdog {
  readonly pid: number | undefined
  /** Tells it that its server has ended, or is to be left alone. */
  leave(): void
}

/**
 * Starts a process that outlives us for as long as it takes to stop the server: fast at once, the hard way after 4 seconds.
 * It lives in a session of its own, so what is typed at a terminal does not reach it.
 */
export function startWatchdog(pid: number, cluster: string): Watchdog {
  const child = spawn(
    '/bin/sh',
    ['-c', script, 'evalport-watchdog', String(pid), join(cluster, 'postmaster.pid')],
    {
      detached: true,
      cwd: '/',
      env: childEnvironment,
      // Only we hold the pipe's other end: Node opens it so that no child inherits it.
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  const pipe = child.stdin
  child.on('error', () => {})
  pipe.on('error', () => {})
  child.unref()
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref()
  return {
    pid: child.pid,
    leave: () => void pipe.end('leave\n'),
  }
}
