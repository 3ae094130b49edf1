import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomUUID } from 'node:crypto'
import type { App } from '../app.ts'
import { AppError, errorCodes, tellError } from '../core/errors.ts'
import { unavailableIfAway } from '../exports/transient.ts'

/** Answers with JSON; nothing of ours is ever cached or sniffed. */
export function replyJson(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  })
  response.end(text)
}

/** Answers with an error: ours whole, anything else masked, with an id under which the log has it. */
export function replyError(
  { log, redaction }: Pick<App, 'log' | 'redaction'>,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  if (response.headersSent) {
    // The status cannot be taken back; a cut connection is how the client learns that the body is not whole.
    const clientLeft = response.destroyed
    response.destroy()
    if (!clientLeft) log.error({ err: error }, 'an answer was cut')
    return
  }
  // The rest of a body that nobody reads would keep the connection busy.
  if (!request.complete) response.setHeader('Connection', 'close')
  const away = unavailableIfAway(error)
  if (away) log.warn({ err: error }, 'a request met a fault of the database')
  const ours = away ?? error
  if (ours instanceof AppError) {
    const { code, message, hint, problems } = tellError(ours, redaction.text)
    const told = { code, message, ...(hint && { hint }), ...(problems.length > 0 && { problems }) }
    replyJson(response, errorCodes[code].status, { error: told })
    return
  }
  const requestId = randomUUID()
  log.error({ err: error, requestId }, 'a request failed by a fault of the server')
  const message = `The server failed; its log has more under ${requestId}.`
  replyJson(response, 500, { error: { code: 'INTERNAL', message, requestId } })
}
