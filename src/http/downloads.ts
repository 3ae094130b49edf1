import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App } from '../app.ts'
import { callerOfPrincipal } from '../access/callers.ts'
import { watchCaller } from '../access/watch-caller.ts'
import { AppError } from '../core/errors.ts'
import { openDownload } from '../exports/download.ts'
import { replyError } from './reply.ts'

/** `GET /downloads/<job>?principal=…&expires=…&signature=…`: a finished file, for whoever holds the link. */
export async function serveDownload(
  app: App,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    const id = url.pathname.slice('/downloads/'.length)
    const download = await openDownload(app, id, url.searchParams)
    let unwatch: (() => void) | undefined
    try {
      response.writeHead(200, {
        'Content-Type': download.mediaType,
        'Content-Length': download.bytes,
        'Content-Disposition': `attachment; filename="${download.fileName}"`,
        ETag: `"${download.sha256}"`,
        'Repr-Digest': `sha-256=:${Buffer.from(download.sha256, 'hex').toString('base64')}:`,
        'Cache-Control': 'private, no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      })
      if (request.method === 'HEAD') {
        response.end()
        return
      }
      unwatch = await cutWhenLost(app, response, id, url, download.principalId)
      for await (const chunk of download.body) await send(response, chunk)
      response.end()
    } finally {
      unwatch?.()
      await download.close()
    }
  } catch (error) {
    replyError(app, request, response, error)
  }
}

/**
 * Cuts a download when its caller may not have the file any more: all that opening it asked is asked again whenever the
 * caller changes, but for the end of the link, which only opening is bound by.
 */
async function cutWhenLost(
  app: App,
  response: ServerResponse,
  id: string,
  url: URL,
  principalId: string,
): Promise<() => void> {
  const begun = Date.now()
  const cut = (why: AppError) => response.destroy(why)
  const caller = await callerOfPrincipal(app.db, principalId)
  if (!caller) throw new AppError('LINK_INVALID', 'The caller of this link is no longer good.')
  return watchCaller(app, caller, {
    changed() {
      openDownload(app, id, url.searchParams, begun).then(
        (again) => again.close(),
        (error: unknown) => {
          // A file that was cleared away meanwhile is still sent to its end: it is open.
          if (error instanceof AppError && error.code !== 'FILE_GONE') cut(error)
          if (!(error instanceof AppError))
            app.log.warn({ err: error }, 'a download could not be asked for again')
        },
      )
    },
    ended: cut,
  })
}

/** Resolves when the chunk has left, so that its buffer may be used again and a slow reader holds no more than one. */
async function send(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const gone = () => reject(new Error('the client went away'))
    response.once('close', gone)
    response.write(chunk, (error) => {
      response.off('close', gone)
      if (error) reject(error)
      else resolve()
    })
  })
}
