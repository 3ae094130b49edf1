import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { App } from '../app.ts'
import { callerOfKey } from '../access/authenticate.ts'
import { openDownload } from '../exports/download.ts'
import { replyError } from './reply.ts'

/** `GET /downloads/<job>?key=…&expires=…&signature=…`: a finished file, for whoever holds the link. */
export async function serveDownload(app: App, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  try {
    const id = url.pathname.slice('/downloads/'.length)
    const download = await openDownload(app, (keyId) => callerOfKey(app.db, keyId), id, url.searchParams)
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
    await pipeline(download.body, response)
  } catch (error) {
    replyError(app.log, request, response, error)
  }
}
