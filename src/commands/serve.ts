import { Command } from 'commander'
import type { CommandContext, LoadHost } from './command-context.ts'
import type { Host } from '../host.ts'
import { clearSpool } from '../ingest/spool.ts'
import { untilStopped } from './until-stopped.ts'

export function serveCommand({ terminal, interrupted }: CommandContext, loadHost: LoadHost): Command {
  return new Command('serve')
    .description('run the server: API, worker and, without DATABASE_URL, its own Postgres')
    .action(async () => {
      const host = await loadHost()
      const { serveHttp } = await import('../http/server.ts')
      const { config } = host
      const folder = await host.openFolder()
      const lock = await folder.lock({})
      const closers: (() => Promise<void> | void)[] = [() => lock.release()]
      try {
        const database = await host.startDatabase(folder)
        closers.push(() => database.stop())
        await host.migrate(database.url)
        const app = await host.openApp(folder, database.url)
        closers.push(() => app.close())
        await clearSpool(app.spoolFolder)
        const key = await host.firstKey(app, folder)
        if (key) {
          terminal.err(`evalport: this is the admin key; it is shown only now, and kept in ${key.path}\n`)
          terminal.err(`evalport: ${key.secret}\n`)
        }
        const server = await serveHttp(app, config.host, config.port)
        closers.push(() => server.close())
        app.listensOn(server.port)
        const url = config.publicUrl ?? app.baseUrl()
        // Read on this machine, where the public address may lead nowhere and the admin key may not be sent to it.
        lock.update({ url: host.localUrl(server.port) })
        terminal.err(`evalport: ready at ${url} (GraphiQL at ${url}/graphql), data in ${folder.path()}\n`)
        await untilStopped(interrupted, database.lost)
        terminal.err('evalport: stopping\n')
      } finally {
        await closeAll(closers, host)
      }
    })
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function closeAll(closers: readonly (() => Promise<void> | void)[], { log }: Host): Promise<void> {
  for (const close of closers.toReversed()) {
    try {
      await close()
    } catch (error) {
      log.warn({ err: error }, 'a part of the server could not be closed')
    }
  }
}
