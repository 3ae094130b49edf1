import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What a server answered to a file. */
export interface FileAnswer {
  readonly status: number
  readonly text: string
}

/**
 * Sends a file as the body of a POST and waits for the answer for as long as it takes: `fetch` gives up after five
 * minutes, and a gigabyte may well need longer. A server that refuses in the middle is heard.
 */
export async function sendFile(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Readable,
  signal: AbortSignal,
): Promise<FileAnswer> {
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers,
    signal,
  })
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  const sent = pipeline(body, request)
  // Who has answered may close while we still send.
  sent.catch(() => {})
  const response = await Promise.race([answered, sent.then(() => answered)])
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString() }
}
