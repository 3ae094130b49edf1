import { Command } from 'commander'
import { loadPrices } from '../ingest/price-file.ts'
import { printPriceTable } from '../ingest/normalise/prices-file.ts'
import type { CommandContext } from './command-context.ts'

export function pricesCommand({ config, terminal }: CommandContext): Command {
  return new Command('prices')
    .description(
      'print the price table that computed costs come from, to be edited and named in EVALPORT_PRICES',
    )
    .action(async () => terminal.out(printPriceTable(await loadPrices(config.pricesFile))))
}
