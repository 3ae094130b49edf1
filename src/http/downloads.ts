import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App } from '../app.ts'
import { callerOfPrincipal } from '../access/callers.ts'
import { watchCaller } from '../access/watch-caller.ts'
import { AppError } from '../core/errors.ts'
import { openDownload } from '../exports/download.ts'
import { wantedRange } from './byte-range.ts'
import { replyError } from './reply.ts'

/** How much a reader has to take in time: little, so that only those who take nothing are cut. */
const sendSize = 64 * 1024

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
      const etag = `"${download.sha256}"`
      // A range is something for GET alone (RFC 9110, section 14.2).
      const range =
        request.method === 'HEAD' ? 'whole' : wantedRange(request.headers, { bytes: download.bytes, etag })
      const about = {
        'Accept-Ranges': 'bytes',
        ETag: etag,
        'Cache-Control': 'private, no-store',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      }
      if (range === undefined) {
        response.writeHead(416, {
          ...about,
          'Content-Range': `bytes */${download.bytes}`,
          'Content-Length': 0,
        })
        response.end()
        return
      }
      const { start, end } = range === 'whole' ? { start: 0, end: download.bytes } : range
      response.writeHead(range === 'whole' ? 200 : 206, {
        ...about,
        'Content-Type': download.mediaType,
        'Content-Length': end - start,
        ...(range !== 'whole' && { 'Content-Range': `bytes ${start}-${end - 1}/${download.bytes}` }),
        'Content-Disposition': `attachment; filename="${download.fileName}"`,
        // Of the whole file, whatever part of it is sent (RFC 9530).
        'Repr-Digest': `sha-256=:${Buffer.from(download.sha256, 'hex').toString('base64')}:`,
      })
      if (request.method === 'HEAD') {
        response.end()
        return
      }
      unwatch = await cutWhenLost(app, response, id, url, download.principalId)
      for await (const chunk of download.read(start, end)) {
        for (let at = 0; at < chunk.length; at += sendSize) {
          await send(response, chunk.subarray(at, at + sendSize), app.idleSeconds)
        }
      }
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

/**
 * Resolves when the chunk has left, so that its buffer may be used again and a slow reader holds no more than one.
 * @throws Error when the reader is gone, or does not take the chunk in time
 */
async function send(response: ServerResponse, chunk: Uint8Array, idleSeconds: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Reset, or the system would keep what is on its way for the reader that does not read.
    const cut = () => response.socket?.resetAndDestroy()
    const idle = setTimeout(cut, idleSeconds * 1000)
    const gone = () => {
      clearTimeout(idle)
      reject(new Error('the client went away'))
    }
    response.once('close', gone)
    response.write(chunk, (error) => {
      clearTimeout(idle)
      response.off('close', gone)
      if (error) reject(error)
      else resolve()
    })
  })
}
