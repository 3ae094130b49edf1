import { readFile, rename, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { pino } from 'pino'
import { createFirstKey } from './accounts/first-key.ts'
import { parseApiKey } from './access/api-key.ts'
import { openApp, type App } from './app.ts'
import { urlHost, type Config } from './config.ts'
import { loggableError, type Log } from './core/log.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'
import { attachEmbeddedPostgres, startEmbeddedPostgres } from './db/embedded/embedded-postgres.ts'
import { migrateDatabase } from './db/migrate.ts'
import { surviveLostConnections } from './lost-connections.ts'
import { builtInRules } from './privacy/redaction/rule-set.ts'
import { textRedaction } from './privacy/text-redaction.ts'
import { migrateRestored } from './restored-database.ts'

/** A database to work on, a server of ours or somebody else's. */
export interface HostedDatabase {
  readonly url: string
  /** Rejects when a server of ours ends uninvited; otherwise never settles. */
  readonly lost: Promise<never>
  stop(): Promise<void>
}

/** What the commands that run servers are given: how a process is put together on this machine. */
export interface Host {
  readonly config: Config
  readonly log: Log
  openFolder(): Promise<DataFolder>
  /** The configured database; without one, the embedded one of the folder, started by us. */
  startDatabase(folder: DataFolder): Promise<HostedDatabase>
  /** The same, but an embedded one that runs already is used as it is. @throws Error when none runs */
  findDatabase(folder: DataFolder): Promise<HostedDatabase>
  migrate(url: string, options?: { readonly restored?: boolean }): Promise<readonly string[]>
  openApp(folder: DataFolder, databaseUrl: string): Promise<App>
  /** Where this machine's commands reach a server of this configuration that listens on the port. */
  localUrl(port: number): string
  /** Makes the first admin key of a new installation and keeps it in the folder; undefined when there are keys. */
  firstKey(app: App, folder: DataFolder): Promise<{ secret: string; path: string } | undefined>
}

const never = new Promise<never>(() => {})

export function createHost(config: Config): Host {
  // Whatever is logged may quote a secret; own rules are known when the app is.
  let redaction = textRedaction(builtInRules)
  const destination = pino.destination(2)
  const log = pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (error: unknown) => loggableError(error) },
    },
    { write: (line) => destination.write(`${redaction.json(line.trimEnd())}\n`) },
  )
  const given = (): HostedDatabase | undefined =>
    config.databaseUrl === undefined
      ? undefined
      : { url: config.databaseUrl, lost: never, stop: async () => {} }
  return {
    config,
    log,
    openFolder: () => openDataFolder(config.dataDir),
    startDatabase: async (folder) => given() ?? (await startEmbedded(folder)),
    async findDatabase(folder) {
      const external = given()
      if (external) return external
      const found = await attachEmbeddedPostgres({ folder: folder.path('postgres') })
      if (!found) {
        throw new Error(
          `No database runs on ${folder.path()}. Start evalport serve on it first, or set DATABASE_URL to a server of yours.`,
        )
      }
      return attached(folder, found.url)
    },
    migrate: (url, options) => (options?.restored ? migrateRestored(url) : migrateDatabase(url)),
    async openApp(folder, databaseUrl) {
      // An export makes litter fast; by itself V8 lets the heap double before it clears away what outlived a moment.
      setFlagsFromString('--heap-growing-percent=10')
      surviveLostConnections(log)
      const { workerConcurrency } = config
      const app = await openApp({ config, folder, databaseUrl, log, workerConcurrency })
      redaction = app.redaction
      return app
    },
    localUrl: (port) => `http://${urlHost(config.host)}:${port}`,
    async firstKey(app, folder) {
      const path = folder.path('admin.key')
      // Kept before it is valid: the other way round, a crash would leave a database whose one key nobody has.
      return app.db.transaction(async (tx) => {
        const made = await createFirstKey(tx)
        if (!made) return undefined
        await setAside(path)
        await writeFile(path, `${made.secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
        return { secret: made.secret, path }
      })
    },
  }
}

async function startEmbedded(folder: DataFolder): Promise<HostedDatabase> {
  const server = await startEmbeddedPostgres({ folder: folder.path('postgres') })
  let invited = false
  const lost = server.exited.then((exit) => {
    if (invited) return never
    throw new Error(
      `The embedded Postgres ended by itself (${exit.signal ?? `code ${exit.code}`}), so this server ends too. ` +
        `Start it again; what was committed is safe. Postgres' last words:\n${exit.lastLog || '(none)'}`,
    )
  })
  // Awaited by whoever serves; until then it must not count as unhandled.
  lost.catch(() => {})
  return {
    url: server.url,
    lost,
    async stop() {
      invited = true
      await server.stop()
    },
  }
}

const attachedCheckEvery = 3000

/** A server that another process runs: it is gone when it answers no more, or was started anew on another port. */
function attached(folder: DataFolder, url: string): HostedDatabase {
  const stopped = new AbortController()
  const watch = async (): Promise<never> => {
    for (let missed = 0; missed < 2;) {
      await delay(attachedCheckEvery, undefined, { signal: stopped.signal })
      const found = await attachEmbeddedPostgres({ folder: folder.path('postgres') })
      missed = found?.url === url ? 0 : missed + 1
    }
    throw new Error(
      `The database of ${folder.path()} is gone: its server has ended, or was started anew. Start this worker again.`,
    )
  }
  const lost = watch().catch((error: unknown) =>
    stopped.signal.aborted ? never : Promise.reject(error as Error),
  )
  // Awaited by whoever works; until then it must not count as unhandled.
  lost.catch(() => {})
  return {
    url,
    lost,
    async stop() {
      stopped.abort()
    },
  }
}

/** Keeps the admin key of another database that was used with this folder before. */
async function setAside(path: string): Promise<void> {
  const old = await readFile(path, 'utf8').catch(() => undefined)
  if (old === undefined) return
  const name = parseApiKey(old.trim())?.prefix ?? 'unreadable'
  await rename(path, `${path}.${name}`)
}
