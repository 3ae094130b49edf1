import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { CommandContext } from './command-context.ts'

/** How long to wait before a download that was cut is gone on with, in milliseconds, again and again in vain. */
const waits = [500, 1000, 2000, 4000, 8000]

/**
 * The bytes of a file, gone on with where the connection was lost.
 * @throws AppError UNAVAILABLE when it is lost again and again without one byte more
 */
export async function* wholeBody(context: CommandContext, url: string): AsyncIterable<Uint8Array> {
  const { interrupted } = context
  const client = context.client()
  let response = await client.download(url, interrupted)
  const etag = response.headers.get('etag') ?? ''
  for (let from = 0, tries = 0; ;) {
    try {
      for await (const chunk of response.body ?? []) {
        from += chunk.length
        tries = 0
        yield chunk
      }
      return
    } catch (error) {
      interrupted.throwIfAborted()
      for (let cause: unknown = error; ;) {
        const wait = waits[tries++]
        if (wait === undefined) throw connectionLost(cause)
        await delay(wait, undefined, { signal: interrupted })
        try {
          response = await client.download(url, interrupted, { from, etag })
          break
        } catch (again) {
          if (!(again instanceof AppError) || again.code !== 'UNAVAILABLE') throw again
          cause = again
        }
      }
      if (response.status !== 206) throw connectionLost(error)
    }
  }
}

function connectionLost(cause: unknown): AppError {
  return new AppError('UNAVAILABLE', 'The connection was lost in the middle of the file.', {
    hint: 'Download it again: evalport download.',
    cause,
  })
}
