import { Command } from 'commander'
import type { CommandContext, LoadHost } from './command-context.ts'

export function migrateCommand({ terminal }: CommandContext, loadHost: LoadHost): Command {
  return new Command('migrate')
    .description("bring the database to this version's schema (serve does that by itself)")
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const host = await loadHost()
      const folder = await host.openFolder()
      const lock = host.config.databaseUrl === undefined ? await folder.lock({}) : undefined
      try {
        const database = await host.startDatabase(folder)
        try {
          const applied = await host.migrate(database.url)
          const lines = applied.length === 0 ? ['nothing to do'] : applied.map((name) => `applied ${name}`)
          terminal.out(flags.json ? `${JSON.stringify({ applied })}\n` : `${lines.join('\n')}\n`)
        } finally {
          await database.stop()
        }
      } finally {
        lock?.release()
      }
    })
}
