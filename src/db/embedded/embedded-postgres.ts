import { chmod, mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareBinaries, type Binaries } from './binaries.ts'
import { clusterPaths, ensureCluster, readPassword, removeDrafts } from './cluster.ts'
import { connectionUrl, ensureDatabase, isServing } from './connection.ts'
import { chooseIdentity, commandAs, type Identity, type RootMode } from './identity.ts'
import { alreadyRunning, awaitNoPostmaster, readPostmaster } from './postmaster.ts'
import { freePort } from './port.ts'
import { readRuntime, removeRuntime, writeRuntime } from './runtime.ts'
import { startServer, StartError, type Server, type ServerExit } from './server.ts'

export type { ServerExit } from './server.ts'

export interface EmbeddedPostgresOptions {
  /** A folder of ours alone, made when it is not there; its parent is taken to be the data folder. */
  readonly folder: string
  /** Postgres settings, over our own. */
  readonly settings?: Readonly<Record<string, string>>
  /** The `native` folder of another package of binaries than the installed one. */
  readonly native?: string
  /** How Postgres is run when we are root; when absent, whichever works. */
  readonly rootMode?: RootMode
}

/** A Postgres server of our own. It stops when our process ends, however that ends. */
export interface EmbeddedPostgres {
  /** Of the database `evalport`, as its superuser; holds the password. */
  readonly url: string
  readonly pid: number
  /** The process that stops the server when ours is gone. */
  readonly watchdogPid: number
  /** Settles when the server ends, invited or not; never rejects. It does not keep our process alive. */
  readonly exited: Promise<ServerExit>
  /** Ends its connections and stops it, at once when it takes longer than 30 s; may be called again. */
  stop(): Promise<void>
}

const ownSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '64MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  logging_collector: 'off',
  log_destination: 'stderr',
  // Statements carry what people keep in the database; the log is for the server's own troubles.
  log_min_error_statement: 'panic',
}

/**
 * Starts Postgres on `folder`, making the database first when there is none. Rejects with what Postgres said when it does
 * not start, and when another server already runs on the folder.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const folder = resolve(options.folder)
  const paths = clusterPaths(folder)
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await chmod(folder, 0o700)
  const binaries = await prepareBinaries(paths.libraries, options.native)
  const stalePid = await awaitNoPostmaster(paths.cluster)
  const identity = await chooseIdentity(paths.cluster, binaries, options.rootMode)
  const settings: Record<string, string> = { ...ownSettings, ...options.settings }
  const password = await ensureCluster(folder, binaries, identity, settings['fsync'] !== 'off')
  const { server, port } = await startOnFreePort(folder, binaries, identity, settings, stalePid)
  try {
    await ensureDatabase({ port, password })
    await writeRuntime(paths.runtime, { pid: server.pid, port })
    await removeDrafts(folder)
  } catch (error) {
    await server.stop()
    throw error
  }
  const exited = server.exited.then((exit) => {
    removeRuntime(paths.runtime, server.pid)
    return exit
  })
  return {
    url: connectionUrl({ port, password }),
    pid: server.pid,
    watchdogPid: server.watchdogPid,
    exited,
    async stop() {
      await server.stop()
      await exited
    },
  }
}

/** Finds the server that another process of this machine runs on `folder`: undefined when none answers. */
export async function attachEmbeddedPostgres(options: {
  readonly folder: string
}): Promise<{ url: string } | undefined> {
  const folder = resolve(options.folder)
  const [runtime, password] = await Promise.all([
    readRuntime(clusterPaths(folder).runtime),
    readPassword(folder),
  ])
  if (!runtime || password === undefined) return undefined
  const address = { port: runtime.port, password }
  return (await isServing(address)) ? { url: connectionUrl(address) } : undefined
}

async function startOnFreePort(
  folder: string,
  binaries: Binaries,
  identity: Identity,
  settings: Readonly<Record<string, string>>,
  stalePid: number | undefined,
): Promise<{ server: Server; port: number }> {
  const { cluster, log } = clusterPaths(folder)
  // Postgres takes a stale lock file for a live one when a new process has its number; this names the one to disregard.
  const environment = stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const flags = Object.entries({ ...settings, port: String(port) }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const command = commandAs(identity, binaries, [binaries.postgres, '-D', cluster, ...flags])
    const server = await startServer(command, cluster, log, environment)
    try {
      await server.ready()
      return { server, port }
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      if (error.lastLog.includes('lock file "postmaster.pid" already exists')) {
        throw alreadyRunning(cluster, (await readPostmaster(cluster))?.pid)
      }
      // The second: processes of a killed server, which take a moment to notice. The third: another start, just begun.
      const passing =
        /Address already in use|pre-existing shared memory block|lock file "postmaster.pid" is empty/.test(
          error.lastLog,
        )
      if (!passing || attempt === 10) throw error
      await sleep(100 * attempt)
    }
  }
}
