import type { Config } from './config.ts'
import type { ExportContext } from './exports/context.ts'
import { sweepLeftovers } from './exports/discard.ts'
import { markInstant } from './retention/instants.ts'
import { purgeEnded } from './retention/purge.ts'

const every = 60_000

/**
 * What has to be done again and again, by each process that works: files that no export needs, and versions of records that
 * nobody can see any more, are cleared away. It does nothing that a second process could not do at the same time.
 * @returns what ends it, after what is under way
 */
export function startUpkeep(
  context: Pick<ExportContext, 'db' | 'vital' | 'artifacts' | 'log'>,
  { keepReplacedDays }: Pick<Config, 'keepReplacedDays'>,
): { stop(): Promise<void> } {
  const { log } = context
  let unknownFiles = 0
  const duties: readonly [string, () => Promise<unknown>][] = [
    [
      'files that no export needs',
      async () => {
        const unknown = await sweepLeftovers(context)
        if (unknown > unknownFiles)
          log.warn({ files: unknown }, 'files of exports that this database does not know are left alone')
        unknownFiles = unknown
      },
    ],
    [
      'old versions of records',
      async () => {
        await markInstant(context.db, keepReplacedDays)
        await purgeEnded(context, keepReplacedDays)
      },
    ],
  ]
  const work = async (): Promise<void> => {
    for (const [what, duty] of duties) {
      await duty().catch((error: unknown) =>
        log.warn({ err: error }, `${what} could not be cleared away; trying again`),
      )
    }
  }
  let working: Promise<void> | undefined
  const look = () => void (working ??= work().finally(() => (working = undefined)))
  const timer = setInterval(look, every)
  look()
  return {
    async stop() {
      clearInterval(timer)
      await working
    },
  }
}
