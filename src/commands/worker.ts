import { Command } from 'commander'
import type { CommandContext, LoadHost } from './command-context.ts'
import { untilStopped } from './until-stopped.ts'

export function workerCommand({ terminal, interrupted }: CommandContext, loadHost: LoadHost): Command {
  return new Command('worker')
    .description('run exports only, beside a server on the same data folder')
    .action(async () => {
      const host = await loadHost()
      const folder = await host.openFolder()
      const database = await host.findDatabase(folder)
      const app = await host.openApp(folder, database.url)
      try {
        terminal.err(
          `evalport: working on the exports of ${folder.path()}, ${host.config.workerConcurrency} at once\n`,
        )
        await untilStopped(interrupted, database.lost)
        terminal.err('evalport: stopping\n')
      } finally {
        await app.close()
        await database.stop()
      }
    })
}
