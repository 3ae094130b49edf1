import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { printable } from './printable.ts'

interface Viewer {
  readonly name: string
  readonly kind: string
  readonly project: string
  readonly role: string
  readonly permissions: readonly string[]
  readonly expiresAt: string | null
}

export function whoamiCommand(context: CommandContext): Command {
  return new Command('whoami')
    .description('show who you are for the server, and what you may do')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { viewer } = await context
        .client()
        .query<{ viewer: Viewer }>('{ viewer { name kind project role permissions expiresAt } }')
      if (json) {
        context.terminal.out(`${JSON.stringify(viewer)}\n`)
        return
      }
      const until = viewer.expiresAt === null ? '' : `, good until ${viewer.expiresAt}`
      context.terminal.out(
        `${printable(viewer.name)} (${viewer.kind}): ${viewer.role} in ${viewer.project}${until}\n` +
          `may ${viewer.permissions.join(', ')}\n`,
      )
    })
}
