import { setTimeout as delay } from 'node:timers/promises'
import { prepareBinaries } from '../src/db/embedded/binaries.ts'
import { clusterPaths } from '../src/db/embedded/cluster.ts'
import { startEmbeddedPostgres } from '../src/db/embedded/embedded-postgres.ts'
import { chooseIdentity, commandAs } from '../src/db/embedded/identity.ts'
import { awaitNoPostmaster } from '../src/db/embedded/postmaster.ts'
import { startServer, StartError, type Server } from '../src/db/embedded/server.ts'

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  jit: 'off',
  // Processes are killed here, never the machine, so that what Postgres has written is there afterwards.
  fsync: 'off',
  timezone: 'UTC',
  lc_messages: 'C',
  logging_collector: 'off',
  log_min_error_statement: 'panic',
}

/** A Postgres that keeps its address when it is restarted, as one that somebody else runs does. */
export interface SoakDatabase {
  readonly url: string
  /** Ends it as `pg_ctl restart -m immediate` does, without a word to anyone, and starts it again. */
  restartAtOnce(): Promise<void>
  stop(): Promise<void>
}

export async function startDatabase(folder: string): Promise<SoakDatabase> {
  // The first start makes the cluster and the database, and finds a port.
  const first = await startEmbeddedPostgres({ folder, settings })
  await first.stop()
  const { url } = first
  const start = () => startOn(folder, new URL(url).port)
  let server = await start()
  return {
    url,
    async restartAtOnce() {
      process.kill(server.pid, 'SIGQUIT')
      await server.exited
      server = await start()
    },
    stop: () => server.stop(),
  }
}

const tries = 50

async function startOn(folder: string, port: string): Promise<Server> {
  const paths = clusterPaths(folder)
  const binaries = await prepareBinaries(paths.libraries)
  const stalePid = await awaitNoPostmaster(paths.cluster)
  const identity = await chooseIdentity(paths.cluster, binaries)
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = commandAs(identity, binaries, [binaries.postgres, '-D', paths.cluster, ...flags])
  const environment: Record<string, string> =
    stalePid === undefined ? {} : { PG_GRANDPARENT_PID: String(stalePid) }
  for (let left = tries; ; left--) {
    const server = await startServer(command, paths.cluster, paths.log, environment)
    try {
      await server.ready()
      return server
    } catch (error) {
      // What the killed one's processes still hold, for a moment: memory, or the port.
      if (!(error instanceof StartError) || left === 1) throw error
      await delay(100)
    }
  }
}
