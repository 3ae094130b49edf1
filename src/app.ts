import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import { loadIssuers } from './access/issuer-settings.ts'
import { startPrincipalNews, type PrincipalNews } from './access/principal-news.ts'
import { tokenVerifier, type TokenVerifier } from './access/tokens.ts'
import { openFileStore } from './artifacts/file-store.ts'
import { linkSigner } from './artifacts/signed-link.ts'
import { urlHost, type Config } from './config.ts'
import type { Log } from './core/log.ts'
import type { DataFolder } from './data-folder.ts'
import { openDatabase } from './db/connection.ts'
import { openProjectScope } from './db/project-scope.ts'
import type { ExportContext } from './exports/context.ts'
import type { IngestContext } from './ingest/ingest.ts'
import { loadPrices } from './ingest/price-file.ts'
import { startJobNews } from './jobs/job-news.ts'
import { startQueue } from './jobs/queue.ts'
import { startWorker } from './exports/worker.ts'
import { textRedaction } from './privacy/text-redaction.ts'
import { packageVersion } from './package-version.ts'
import { startUpkeep } from './upkeep.ts'
import { loadRuleSet, openManifestSigner, openPrivacyKeys, signingKey } from './secrets.ts'

/** Everything that a running process works with, put together once and handed to the doors as a value. */
export interface App extends ExportContext, IngestContext {
  readonly db: PostgresJsDatabase
  readonly records: Sql
  readonly log: Log
  readonly tokens: TokenVerifier
  readonly principalNews: PrincipalNews
  /** A download whose reader takes nothing for so long is cut. */
  readonly idleSeconds: number
  /** What download links begin with. */
  baseUrl(): string
  /** Told when the server listens: the port may have been any free one. */
  listensOn(port: number): void
  /** Whether the database answers. */
  isHealthy(): Promise<boolean>
  /** Gives running exports back and closes every connection. */
  close(): Promise<void>
}

export interface AppOptions {
  readonly config: Config
  readonly folder: DataFolder
  readonly databaseUrl: string
  readonly log: Log
  /** Exports that this process runs at once; 0: none. */
  readonly workerConcurrency: number
}

/** Puts the app together on a migrated database. */
export async function openApp({
  config,
  folder,
  databaseUrl,
  log,
  workerConcurrency,
}: AppOptions): Promise<App> {
  const prices = await loadPrices(config.pricesFile)
  const tokens = tokenVerifier(await loadIssuers(config.oidcFile), log)
  const rules = await loadRuleSet(config)
  const database = openDatabase(databaseUrl, (connections) =>
    log.warn({ connections }, 'the network to the database does not answer; its connections were ended'),
  )
  const closers: (() => Promise<void>)[] = [() => database.close()]
  const close = async () => {
    while (closers.length > 0) {
      try {
        await closers.pop()!()
      } catch (error) {
        // What is left must be closed all the same, or the process would never end.
        log.error({ err: error }, 'something could not be closed')
      }
    }
  }
  try {
    const news = await startJobNews(database.vital, database.listener)
    const principalNews = await startPrincipalNews(database.listener)
    const queue = await startQueue(databaseUrl, {
      concurrency: workerConcurrency,
      onError: (error) => log.warn({ err: error }, 'the queue met a fault and goes on'),
    })
    closers.push(() => queue.stop())
    const scope = await openProjectScope(database.db)
    if (scope.weakness) log.warn({}, scope.weakness)
    const context: ExportContext = {
      db: database.db,
      records: database.records,
      scope,
      privacy: { keys: await openPrivacyKeys(config, folder), rules },
      redaction: textRedaction(rules),
      vital: database.vital,
      queue,
      news,
      principalNews,
      artifacts: await openFileStore(folder.path('artifacts')),
      links: linkSigner(await signingKey(config, folder)),
      manifests: await openManifestSigner(config, folder),
      version: packageVersion(),
      linkMinutes: config.linkMinutes,
      exportHours: config.exportHours,
      fileDays: config.fileDays,
      limits: { ofCaller: config.exportsPerCaller, ofProject: config.exportsPerProject },
      log,
    }
    if (workerConcurrency > 0) {
      const worker = await startWorker(context, workerConcurrency)
      closers.push(() => worker.stop())
      const upkeep = startUpkeep(context, config)
      closers.push(() => upkeep.stop())
    }
    let port = config.port
    return {
      ...context,
      tokens,
      bulk: database.bulk,
      prices,
      spoolFolder: folder.path('spool'),
      idleSeconds: config.idleSeconds,
      baseUrl: () => config.publicUrl ?? `http://${urlHost(config.host)}:${port}`,
      listensOn: (actual) => (port = actual),
      isHealthy: async () => {
        const answer = database.vital.execute(sql`select 1`).then(
          () => true,
          () => false,
        )
        return Promise.race([
          answer,
          new Promise<boolean>((resolve) => setTimeout(resolve, 2000, false).unref()),
        ])
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
