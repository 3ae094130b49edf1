import { Command } from 'commander'
import type { Host } from '../host.ts'
import type { CommandContext } from './command-context.ts'

export function migrateCommand({ terminal }: CommandContext, host: Host): Command {
  return new Command('migrate')
    .description("bring the database to this version's schema (serve does that by itself)")
    .action(async () => {
      const folder = await host.openFolder()
      const lock = host.config.databaseUrl === undefined ? await folder.lock({}) : undefined
      try {
        const database = await host.startDatabase(folder)
        try {
          const applied = await host.migrate(database.url)
          terminal.out(
            applied.length === 0 ? 'nothing to do\n' : applied.map((name) => `applied ${name}\n`).join(''),
          )
        } finally {
          await database.stop()
        }
      } finally {
        lock?.release()
      }
    })
}
