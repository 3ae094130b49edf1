import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import type { Host } from '../host.ts'
import { serveHttp } from '../http/server.ts'
import { untilStopped } from './until-stopped.ts'

export function serveCommand({ terminal, interrupted }: CommandContext, host: Host): Command {
  return new Command('serve')
    .description('run the server: API, worker and, without DATABASE_URL, its own Postgres')
    .action(async () => {
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
        const key = await host.firstKey(app, folder)
        const server = await serveHttp(app, config.host, config.port)
        closers.push(() => server.close())
        app.listensOn(server.port)
        const url = config.publicUrl ?? app.baseUrl()
        lock.update({ url: app.baseUrl() })
        if (key) {
          terminal.err(`evalport: this is the admin key; it is shown only now, and kept in ${key.path}\n`)
          terminal.err(`evalport: ${key.secret}\n`)
        }
        terminal.err(`evalport: ready at ${url} (GraphiQL at ${url}/graphql), data in ${folder.path()}\n`)
        await untilStopped(interrupted, database.lost)
        terminal.err('evalport: stopping\n')
      } finally {
        while (closers.length > 0) await closers.pop()!()
      }
    })
}
