import type { Config } from '../config.ts'
import type { Host } from '../host.ts'
import type { ApiClient } from './api-client.ts'

/** Where a command writes. Data goes to `out`; all that is said about it goes to `err`, so that pipes hold data alone. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Whether a person watches `err`. */
  readonly interactive: boolean
}

/** What the commands that are clients of a server work with. */
export interface CommandContext {
  readonly config: Config
  readonly terminal: Terminal
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal
  /** Finds the server and the key at its first use. */
  client(): ApiClient
  /** What the process will end with, unless an error decides otherwise. */
  exitWith(code: number): void
}

/** Loads all that a server needs, which is most of the program: the commands that are clients start without it. */
export type LoadHost = () => Promise<Host>
