import type { App } from '../app.ts'
import type { Caller } from '../core/caller.ts'

/** What resolvers work with; made for each operation, after its caller is known. */
export interface GraphQLContext {
  readonly app: App
  /** A subscription asks anew for each event who its caller is by then. */
  caller: Caller
  /** How many bytes of records the operation may still hold; each page takes its share. */
  readonly pageBytes: { left: number }
  /** Aborted when the client has gone away. */
  readonly signal?: AbortSignal
}
