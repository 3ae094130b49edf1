import { Command } from 'commander'
import type { CommandContext, LoadHost } from './command-context.ts'
import { formatCount } from './figures.ts'

interface Flags {
  readonly rows: string
  readonly seed: string
  readonly dataset: readonly string[]
  readonly project: string
  readonly json?: boolean
}

export function seedCommand(context: CommandContext, loadHost: LoadHost): Command {
  return new Command('seed')
    .description('fill datasets with generated rows, realistic and hostile ones, the same for the same seed')
    .option('--rows <n>', 'how many rows of each dataset', '10000')
    .option('--seed <s>', 'a whole number; what it has made already is not made twice', '1')
    .option('--dataset <name>', 'a dataset, may be given again (default: all)', collect, [])
    .option('--project <name>', 'whose rows they are', 'default')
    .option('--json', 'print JSON')
    .action((flags: Flags) => seed(context, loadHost, flags))
}

function collect(name: string, names: readonly string[]): readonly string[] {
  return [...names, name]
}

/** On the database itself, as a worker does: who may open the data folder needs no key. */
async function seed(context: CommandContext, loadHost: LoadHost, flags: Flags): Promise<void> {
  const { terminal, interrupted } = context
  const { seedDatabase } = await import('../ingest/seed/seed-database.ts')
  const host = await loadHost()
  const folder = await host.openFolder()
  const database = await host.findDatabase(folder)
  try {
    const begun = performance.now()
    let done = 0
    const request = { ...flags, datasets: flags.dataset }
    const seeding = seedDatabase(database.url, request, {
      signal: interrupted,
      onProgress(rows) {
        done += rows
        if (!terminal.interactive || flags.json) return
        const rate = Math.round(done / ((performance.now() - begun) / 1000))
        terminal.err(`\r\u001b[Kevalport: ${formatCount(done)} rows, ${formatCount(rate)} a second`)
      },
    })
    const seeded = await Promise.race([seeding, database.lost])
    if (terminal.interactive && !flags.json) terminal.err('\n')
    if (flags.json) terminal.out(`${JSON.stringify(Object.fromEntries(seeded))}\n`)
    else {
      for (const [dataset, { added, unchanged }] of seeded)
        terminal.out(`${dataset}: ${formatCount(added)} added, ${formatCount(unchanged)} there already\n`)
    }
  } finally {
    await database.stop()
  }
}
