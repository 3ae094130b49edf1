import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { CloseCode, createClient } from 'graphql-ws'
import type { Config } from '../config.ts'
import { AppError, errorCodes, type ErrorCode, type Problem } from '../core/errors.ts'
import { sendFile } from './send-file.ts'

/** The API as the commands use it. Every failure is an `AppError` that says what to do. */
export interface ApiClient {
  query<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>
  /** Whole states until the stream ends; reconnects by itself. */
  subscribe<Data>(
    document: string,
    variables: Record<string, unknown>,
    signal: AbortSignal,
  ): AsyncIterable<Data>
  /** Sends one file. */
  post<Data>(path: string, query: Record<string, string>, body: Readable): Promise<Data>
  /** Follows a download link. @param rest what is wanted of a file of which a part is there already */
  download(
    url: string,
    signal: AbortSignal,
    rest?: { readonly from: number; readonly etag: string },
  ): Promise<Response>
}

interface ToldError {
  readonly message: string
  readonly code?: string
  readonly hint?: string
  readonly problems?: readonly Problem[]
}

interface GraphQLAnswer<Data> {
  readonly data?: Data | null
  readonly errors?: readonly { message: string; extensions?: Omit<ToldError, 'message'> }[]
}

/** @param interrupted ends what is being sent */
export function connectApi(config: Config, interrupted: AbortSignal): ApiClient {
  const server = findServer(config)
  const authorization = `Bearer ${findKey(config, server)}`
  const { project } = config
  const identity = { authorization, ...(project !== undefined && { 'x-evalport-project': project }) }

  const reached = async <Answer>(signal: AbortSignal | undefined, ask: () => Promise<Answer>) => {
    try {
      return await ask()
    } catch (error) {
      if (signal?.aborted) throw error
      throw new AppError('UNAVAILABLE', `No server answers at ${server}.`, {
        hint: 'Start it: evalport serve. Or say where it is: EVALPORT_URL.',
        cause: error,
      })
    }
  }
  const send = (url: string, init: RequestInit & { signal: AbortSignal }) =>
    reached(init.signal, () => fetch(url, init))
  // An answer can be lost in its middle, too.
  const jsonOf = async (response: Response) =>
    parsedJson(
      await reached(interrupted, () => response.text()),
      new URL(response.url).origin,
      response.status,
    )

  return {
    async query<Data>(query: string, variables: Record<string, unknown> = {}) {
      const response = await send(`${server}/graphql`, {
        method: 'POST',
        headers: { ...identity, 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: interrupted,
      })
      return dataOf((await jsonOf(response)) as GraphQLAnswer<Data>)
    },
    async *subscribe<Data>(query: string, variables: Record<string, unknown>, signal: AbortSignal) {
      const client = createClient({
        url: `${server.replace(/^http/, 'ws')}/graphql`,
        connectionParams: { authorization, ...(project !== undefined && { project }) },
        // The first state after a reconnect is the current one, so nothing is missed meanwhile.
        retryAttempts: 15,
        retryWait: (retries) => delay(Math.min(250 * 2 ** retries, 2000)),
        // A refused key stays refused.
        shouldRetry: (cause) => (cause as { code?: number }).code !== CloseCode.Forbidden,
        lazy: true,
      })
      const states = client.iterate<Data>({ query, variables })
      const stop = () => void states.return?.()
      signal.addEventListener('abort', stop, { once: true })
      try {
        for await (const state of states) yield dataOf(state as GraphQLAnswer<Data>)
      } catch (error) {
        throw error instanceof AppError ? error : connectionLost(server, error)
      } finally {
        signal.removeEventListener('abort', stop)
        await client.dispose()
      }
    },
    async post<Data>(path: string, query: Record<string, string>, body: Readable) {
      const url = new URL(server + path)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      const headers = { ...identity, 'content-type': 'application/octet-stream' }
      const { status, text } = await reached(interrupted, () => sendFile(url, headers, body, interrupted))
      const answer = parsedJson(text, url.origin, status) as Data & { error?: ToldError }
      if (answer.error) throw toAppError(answer.error)
      return answer
    },
    async download(url, signal, rest) {
      // By the way that led us here: the link's host is what the server believes of itself, and a tunnel, a container or
      // a proxy between us may know it by another.
      const [path] = /\/downloads\/.*/s.exec(url) ?? []
      const headers = rest && { range: `bytes=${rest.from}-`, 'if-range': rest.etag }
      const response = await send(path === undefined ? url : server + path, {
        signal,
        ...(headers && { headers }),
      })
      if (!response.ok) {
        const answer = (await jsonOf(response)) as { error?: ToldError }
        throw toAppError(
          answer.error ?? { message: `The download was refused with status ${response.status}.` },
        )
      }
      return response
    },
  }
}

function connectionLost(server: string, cause: unknown): AppError {
  const closed = cause as { code?: number; reason?: string } | undefined
  if (closed?.code === 4403)
    return new AppError('UNAUTHENTICATED', closed.reason || 'The server refused the API key or token.')
  return new AppError('UNAVAILABLE', `The connection to ${server} was lost.`, {
    hint: 'The export goes on without it: evalport status --watch follows it again.',
    cause,
  })
}

function parsedJson(text: string, origin: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('UNAVAILABLE', `${origin} answers, but not as Evalport does (status ${status}).`, {
      hint: 'Check EVALPORT_URL and EVALPORT_PORT.',
    })
  }
}

function dataOf<Data>(answer: GraphQLAnswer<Data>): Data {
  const [error] = answer.errors ?? []
  if (error) throw toAppError({ ...error.extensions, message: error.message })
  return answer.data as Data
}

/** An error as the server told it. */
export function toAppError(told: ToldError): AppError {
  const code =
    told.code !== undefined && Object.hasOwn(errorCodes, told.code) ? (told.code as ErrorCode) : 'INTERNAL'
  return new AppError(code, told.message, {
    ...(told.hint && { hint: told.hint }),
    problems: told.problems ?? [],
  })
}

/**
 * The server that was named; otherwise the one that runs on the data folder; otherwise, for those who bring a key, the
 * usual address. The folder's own key goes to its own server alone: on that address, another program may listen by now.
 */
function findServer(config: Config): string {
  if (config.serverUrlIsSet) return config.serverUrl
  try {
    const text = readFileSync(join(config.dataDir, 'server.json'), 'utf8')
    const { url, pid } = JSON.parse(text) as { url?: unknown; pid?: unknown }
    if (typeof url === 'string' && typeof pid === 'number' && isAlive(pid)) return url
  } catch {
    // No server has run on this folder, or it is not ours to read.
  }
  if (config.apiKey !== undefined) return config.serverUrl
  throw new AppError('UNAVAILABLE', `No server runs on the data folder ${config.dataDir}.`, {
    hint: 'Start it: evalport serve. Or say where one is, and with which key: EVALPORT_URL and EVALPORT_API_KEY.',
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function findKey(config: Config, server: string): string {
  if (config.apiKey !== undefined) return config.apiKey
  const path = join(config.dataDir, 'admin.key')
  // The key of this machine's server is told to no other machine.
  if (/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(server).hostname)) {
    try {
      return readFileSync(path, 'utf8').trim()
    } catch {
      // The message below says what was looked for.
    }
  }
  throw new AppError('UNAUTHENTICATED', `There is no API key for ${server}.`, {
    hint: `Set EVALPORT_API_KEY. On the machine of the server its admin key is in ${path}, once evalport serve has run.`,
  })
}
