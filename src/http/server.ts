import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { App } from '../app.ts'
import { AppError } from '../core/errors.ts'
import { serveDownload } from './downloads.ts'
import { serveIngest } from './ingest.ts'
import { replyError, replyJson } from './reply.ts'
import { serveWebSockets } from './websocket.ts'
import { createGraphQLEndpoint } from './yoga.ts'

export interface HttpServer {
  /** The one it got, where any free one was asked for. */
  readonly port: number
  /** Takes no more requests, ends subscriptions, and gives running requests a few seconds. */
  close(): Promise<void>
}

/** What manifests are checked with, for everyone: `evalport verify --public-key`. */
const manifestKeyPath = '/.well-known/evalport-manifest-key'
const closeAfter = 5000
const uploadTimeout = 3_600_000

/** Serves the app. @throws Error with a fix when the port is taken */
export async function serveHttp(app: App, host: string, port: number): Promise<HttpServer> {
  const yoga = createGraphQLEndpoint(app)
  const server = createServer((request, response) => {
    const url = urlOf(request)
    if (!url)
      replyJson(response, 400, { error: { code: 'INVALID_INPUT', message: 'The address is not valid.' } })
    else if (url.pathname === '/graphql') void yoga(request, response)
    else void route(app, request, response, url)
  })
  // A large file may come slowly; headers that do are cut by Node's own limit for them.
  server.requestTimeout = uploadTimeout
  await listen(server, host, port)
  const closeSockets = serveWebSockets(app, server, yoga)
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await closeSockets()
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), closeAfter)
      await closed
      clearTimeout(timer)
    },
  }
}

async function route(app: App, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const reads = request.method === 'GET' || request.method === 'HEAD'
  if (url.pathname === '/healthz' && reads) {
    const healthy = await app.isHealthy()
    replyJson(response, healthy ? 200 : 503, { status: healthy ? 'ok' : 'the database does not answer' })
  } else if (url.pathname === manifestKeyPath && reads) {
    const { keyId, publicKey, publicKeyPem } = app.manifests
    replyJson(response, 200, { algorithm: 'Ed25519', keyId, publicKey, publicKeyPem })
  } else if (url.pathname.startsWith('/downloads/') && reads) {
    await serveDownload(app, request, response, url)
  } else if (url.pathname === '/ingest' && request.method === 'POST') {
    await serveIngest(app, request, response, url)
  } else if (url.pathname === '/' && reads) {
    response.writeHead(302, { Location: '/graphql' }).end()
  } else {
    const message = 'There is nothing at this address for this method.'
    const hint = 'There are POST /graphql, POST /ingest, GET /downloads/<job>, GET /healthz.'
    replyError(app, request, response, new AppError('NOT_FOUND', message, { hint }))
  }
}

/** Undefined also for a host that is none: all that comes after builds addresses from it. */
function urlOf(request: IncomingMessage): URL | undefined {
  const host = request.headers.host ?? 'localhost'
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return undefined
  return URL.canParse(request.url ?? '', 'http://localhost')
    ? new URL(request.url!, 'http://localhost')
    : undefined
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new Error(
          `Port ${port} on ${host} is taken by another program. Set EVALPORT_PORT to another, or to 0 for any.`,
        ),
      )
    })
    server.listen(port, host, resolve)
  })
}
