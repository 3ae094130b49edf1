import type { IncomingMessage, ServerResponse } from 'node:http'
import type { App } from '../app.ts'
import { callerOfKey } from '../access/authenticate.ts'
import { openDownload } from '../exports/download.ts'
import { replyError } from './reply.ts'

/** `GET /downloads/<job>?key=…&expires=…&signature=…`: a finished file, for whoever holds the link. */
export async function serveDownload(
  app: App,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  try {
    const id = url.pathname.slice('/downloads/'.length)
    const download = await openDownload(app, (keyId) => callerOfKey(app.db, keyId), id, url.searchParams)
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
      for await (const chunk of download.body) await send(response, chunk)
      response.end()
    } finally {
      await download.close()
    }
  } catch (error) {
    replyError(app.log, request, response, error)
  }
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
