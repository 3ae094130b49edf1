/*
 * Starts an embedded Postgres and says which processes there are. Then it waits to be killed, or, with `leave`, comes to its
 * end without having stopped anything.
 */
import { spawn } from 'node:child_process'
import {
  startEmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../../src/db/embedded/embedded-postgres.ts'

export interface ParentAnswer {
  readonly error?: string
  readonly url: string
  readonly pid: number
  readonly watchdogPid: number
  /** A child that outlives us, with all that it may have inherited. */
  readonly bystander: number
}

const { leave, ...options } = JSON.parse(process.argv[2] ?? '') as EmbeddedPostgresOptions & {
  leave?: boolean
}
try {
  const { url, pid, watchdogPid } = await startEmbeddedPostgres(options)
  const bystander = spawn('/bin/sleep', ['120'], { detached: true, stdio: 'ignore' })
  bystander.unref()
  console.log(JSON.stringify({ url, pid, watchdogPid, bystander: bystander.pid }))
  if (!leave) process.stdin.resume()
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }))
}
