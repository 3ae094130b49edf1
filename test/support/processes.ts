import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** Whether a process runs; one that has ended and only waits to be collected does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  if (process.platform !== 'linux') return true
  try {
    // The name before the state may itself hold spaces and parentheses.
    return !/^.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Asks until the answer is yes; throws when that takes longer than the bound. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  milliseconds = 30_000,
): Promise<void> {
  const begun = performance.now()
  while (!(await check())) {
    if (performance.now() - begun > milliseconds)
      throw new Error(`Waited ${milliseconds} ms in vain: ${what}`)
    await sleep(10)
  }
}

/** A script of this folder as a process of its own, which prints a line of JSON for each answer. */
export interface Script {
  readonly child: ChildProcess
  /** The next line it prints; rejects when it ends instead. */
  answer<T>(): Promise<T>
  say(line: string): void
}

export function startScript(
  name: string,
  input: unknown,
  options: { uid?: number; gid?: number } = {},
): Script {
  const path = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, [path, JSON.stringify(input)], {
    ...options,
    env: {},
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.on('error', () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    child,
    say: (line) => void child.stdin.write(`${line}\n`),
    async answer<T>() {
      const { value, done } = await lines.next()
      if (done) throw new Error(`${name} ended without an answer`)
      return JSON.parse(value) as T
    },
  }
}

/** Kills a process at once, if it is there. */
export function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
