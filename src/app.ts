import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, open, readFile, rm } from 'node:fs/promises'
import { sql } from 'drizzle-orm'
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import type { Sql } from 'postgres'
import { openFileStore } from './artifacts/file-store.ts'
import { linkSigner } from './artifacts/signed-link.ts'
import { urlHost, type Config } from './config.ts'
import type { Log } from './core/log.ts'
import type { DataFolder } from './data-folder.ts'
import { openDatabase } from './db/connection.ts'
import type { ExportContext } from './exports/context.ts'
import type { IngestContext } from './ingest/ingest.ts'
import { loadPrices } from './ingest/price-file.ts'
import { startJobNews } from './jobs/job-news.ts'
import { startQueue } from './jobs/queue.ts'
import { startWorker } from './exports/worker.ts'

/** Everything that a running process works with, put together once and handed to the doors as a value. */
export interface App extends ExportContext, IngestContext {
  readonly db: PostgresJsDatabase
  readonly records: Sql
  readonly log: Log
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
  const database = openDatabase(databaseUrl)
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
    const queue = await startQueue(databaseUrl, {
      concurrency: workerConcurrency,
      onError: (error) => log.warn({ err: error }, 'the queue met a fault and goes on'),
    })
    closers.push(() => queue.stop())
    const context: ExportContext = {
      db: database.db,
      records: database.records,
      vital: database.vital,
      queue,
      news,
      artifacts: await openFileStore(folder.path('artifacts')),
      links: linkSigner(config.signingKey ?? (await storedSigningKey(folder.path('link-signing.key')))),
      linkMinutes: config.linkMinutes,
      log,
    }
    if (workerConcurrency > 0) {
      const worker = await startWorker(context, workerConcurrency)
      closers.push(() => worker.stop())
    }
    let port = config.port
    return {
      ...context,
      bulk: database.bulk,
      prices,
      spoolFolder: folder.path('spool'),
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

/** The key that signs links, made at the first start; of two processes that make one at once, one wins for both. */
async function storedSigningKey(path: string): Promise<Buffer> {
  if (!existsSync(path)) await makeSigningKey(path)
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex')
  if (key.length !== 32)
    throw new Error(
      `${path} does not hold a signing key: 64 hex digits were expected. Delete it to have a new one made; links given out before end then.`,
    )
  return key
}

async function makeSigningKey(path: string): Promise<void> {
  const fresh = `${path}.${randomBytes(8).toString('hex')}`
  const file = await open(fresh, 'wx', 0o600)
  await file.writeFile(randomBytes(32).toString('hex'))
  await file.sync()
  await file.close()
  try {
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh)
  }
}
