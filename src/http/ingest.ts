import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { App } from '../app.ts'
import { AppError, invalidInput } from '../core/errors.ts'
import { ingestFile } from '../ingest/ingest.ts'
import { replyError, replyJson } from './reply.ts'
import { watchBody } from './watched-body.ts'
import { credentialsIn, whoAsks } from './who-asks.ts'

const maxPathLength = 4096

const query = z
  .strictObject({
    path: z.string().min(1).max(maxPathLength),
    /** When the sender believes that the file's records happened, and how it knows. */
    time: z.iso
      .datetime({ error: 'must be a time in UTC, e.g. 2026-05-24T13:46:19Z', abort: true })
      // Postgres knows no year 0, and would round more decimals, perhaps into the next second.
      .regex(/^(?!0000)[^.]*(\.\d{1,6})?Z$/, 'must have a year from 1 on and at most six decimals')
      .optional(),
    time_source: z.enum(['git_commit', 'file_mtime']).optional(),
    format: z.string().optional(),
    skip_unknown: z.enum(['true', 'false']).optional(),
  })
  .refine((given) => (given.time === undefined) === (given.time_source === undefined), {
    error: 'time and time_source go together',
    path: ['time'],
  })

/**
 * `POST /ingest?path=…`: one file, its bytes as the body. Answers with what became of it. A sender who may send nothing any
 * more is cut off at once.
 */
export async function serveIngest(
  app: App,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    const caller = await whoAsks(app, url.searchParams, credentialsIn(request.headers))
    const parsed = query.safeParse(onceEach(url.searchParams))
    if (!parsed.success) {
      throw invalidInput(
        parsed.error.issues.map((issue) => ({
          message: `${issue.path.join('.') || 'the query'}: ${issue.message}.`,
          path: issue.path.map(String),
        })),
      )
    }
    const { path, time, time_source: source, format } = parsed.data
    const { body, unwatch } = watchBody(app, request, caller, 'records:write')
    try {
      const report = await ingestFile(app, caller, {
        path,
        fallbackTime:
          time && source ? { at: time, source } : { at: new Date().toISOString(), source: 'ingest' },
        format,
        skipUnknown: parsed.data.skip_unknown === 'true',
        body,
      })
      replyJson(response, 200, report)
    } finally {
      unwatch()
    }
  } catch (error) {
    // A sender that went away in the middle: nobody is left to answer, and nothing of ours failed.
    if (request.destroyed && !request.complete && !(error instanceof AppError)) {
      response.destroy()
      app.log.info({}, 'a sender went away in the middle of a file; nothing of it was kept')
      return
    }
    replyError(app, request, response, error)
  }
}

/** @throws AppError INVALID_INPUT for a parameter that is given twice, since either could be meant */
function onceEach(parameters: URLSearchParams): Record<string, string> {
  const names = [...parameters.keys()]
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  if (twice.length > 0) {
    throw invalidInput(twice.map((name) => ({ message: `${name}: given twice.`, path: [name] })))
  }
  return Object.fromEntries(parameters)
}
