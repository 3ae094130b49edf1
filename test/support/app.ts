import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll } from 'vitest'
import { createFirstKey } from '../../src/accounts/first-key.ts'
import { openApp, type App } from '../../src/app.ts'
import { loadConfig, type Config } from '../../src/config.ts'
import { openDataFolder } from '../../src/data-folder.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { useTestDatabase, type TestDatabase } from './database.ts'

export interface TestApp {
  app(): App
  config(): Config
  /** Of the HTTP server that serves it. */
  url(): string
  /** The first admin key, of the project `default`. */
  key(): string
  /** Lines that were logged, as objects. */
  readonly logged: Record<string, unknown>[]
  readonly database: TestDatabase
  /** Sends a GraphQL document over HTTP. */
  query<Data = Record<string, never>>(
    document: string,
    variables?: object,
    key?: string | null,
  ): Promise<{
    status: number
    data: Data
    errors?: readonly { message: string; extensions: Record<string, unknown> }[]
  }>
}

export interface TestAppOptions {
  /** 0: exports wait for ever. */
  readonly workerConcurrency?: number
  readonly env?: Record<string, string>
}

/** The whole app on a database and a data folder of the test file's own, served on a free port. */
export function useTestApp(options: TestAppOptions = {}): TestApp {
  const database = useTestDatabase()
  const logged: Record<string, unknown>[] = []
  let app: App
  let config: Config
  let server: HttpServer
  let folderPath: string
  let key: string
  beforeAll(async () => {
    folderPath = await mkdtemp(join(tmpdir(), 'evalport-app-'))
    config = loadConfig({ EVALPORT_DATA_DIR: folderPath, EVALPORT_PORT: '0', ...options.env })
    const folder = await openDataFolder(folderPath)
    const log = pino(
      { level: 'debug', base: null },
      { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
    )
    app = await openApp({
      config,
      folder,
      databaseUrl: database.url(),
      log,
      workerConcurrency: options.workerConcurrency ?? 2,
    })
    key = (await createFirstKey(app.db))!.secret
    server = await serveHttp(app, config.host, 0)
    app.listensOn(server.port)
  })
  afterAll(async () => {
    await server.close()
    await app.close()
    await rm(folderPath, { recursive: true, force: true })
  })
  return {
    app: () => app,
    config: () => config,
    url: () => app.baseUrl(),
    key: () => key,
    logged,
    database,
    async query<Data>(document: string, variables: object = {}, as: string | null = key) {
      const response = await fetch(`${app.baseUrl()}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(as !== null && { authorization: `Bearer ${as}` }),
        },
        body: JSON.stringify({ query: document, variables }),
      })
      return { status: response.status, ...((await response.json()) as { data: Data }) }
    },
  }
}
