import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import type { App } from '../app.ts'
import { watchCaller } from '../access/watch-caller.ts'
import { requirePermission, type Caller } from '../core/caller.ts'
import type { AppError } from '../core/errors.ts'
import type { Permission } from '../core/roles.ts'

/** The body of a request, for as long as its sender may send it. */
export interface WatchedBody {
  /** Ends with an AppError at once when the sender is ended or loses the permission, though no more of it comes. */
  readonly body: Readable
  readonly unwatch: () => void
}

/** Watches over somebody who sends a body that takes a permission. */
export function watchBody(
  app: Pick<App, 'db' | 'log' | 'principalNews'>,
  request: IncomingMessage,
  caller: Caller,
  permission: Permission,
): WatchedBody {
  const body = new PassThrough()
  // Whoever reads it hears of it; a body that nobody reads any more must not end the process.
  body.on('error', () => {})
  // The request itself stays, so that it can still be answered.
  const cut = (why: Error) => {
    request.unpipe(body)
    body.destroy(why)
  }
  request.on('error', cut).pipe(body)
  const unwatch = watchCaller(app, caller, {
    changed(now) {
      try {
        requirePermission(now, permission)
      } catch (refusal) {
        cut(refusal as AppError)
      }
    },
    ended: cut,
  })
  return { body, unwatch }
}
