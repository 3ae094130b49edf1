import { Command } from 'commander'
import type { CommandContext, LoadHost } from './command-context.ts'

export function migrateCommand({ terminal }: CommandContext, loadHost: LoadHost): Command {
  return new Command('migrate')
    .description("bring the database to this version's schema (serve does that by itself)")
    .option('--restored', 'the database was restored from a dump of another server: make it at home here')
    .option('--json', 'print JSON')
    .action(async (flags: { restored?: boolean; json?: boolean }) => {
      const host = await loadHost()
      const folder = await host.openFolder()
      const lock = host.config.databaseUrl === undefined ? await folder.lock({}) : undefined
      try {
        const database = await host.startDatabase(folder)
        try {
          const applied = await host.migrate(database.url, { restored: flags.restored === true })
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
