import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'

/** A program with its arguments, and the user to start it as when that is not ours. */
export interface Command {
  readonly file: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

/** All the environment our children get: nothing of the caller's leaks into Postgres, and messages stay English. */
export const childEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C',
  LC_ALL: 'C',
}

/** Runs a command to its end. Never rejects: a program that could not be started has code 127 and the reason as output. */
export function run(command: Command, input = ''): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = start(command)
    if (child instanceof Error) return resolve({ code: 127, output: child.message })
    let output = ''
    const keep = (text: string) => (output = (output + text).slice(-16_384))
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.trim() }))
    // A child that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

function start({ file, args, ...user }: Command): ChildProcessWithoutNullStreams | Error {
  try {
    return spawn(file, args, { ...user, cwd: '/', env: childEnvironment })
  } catch (error) {
    // Some failures are thrown (a user we may not become), others emitted (no such program).
    return error instanceof Error ? error : new Error(String(error))
  }
}
