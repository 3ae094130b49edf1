import type { App } from '../app.ts'
import type { Caller } from '../core/caller.ts'

/** What resolvers work with; made for each operation, after its caller is known. */
export interface GraphQLContext {
  readonly app: App
  readonly caller: Caller
  /** Aborted when the client has gone away. */
  readonly signal?: AbortSignal
}
