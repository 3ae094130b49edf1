import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { formatTable } from './table.ts'

interface ApiKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: string
  readonly createdAt: string
  readonly revokedAt: string | null
}

const keyFields = 'id name prefix project role createdAt revokedAt'

export function keyCommand(context: CommandContext): Command {
  const { terminal } = context
  const command = new Command('key').description('make, list and revoke API keys')
  command
    .command('create')
    .description('make an API key and print it, once')
    .argument('<name>', 'what it is for')
    .option('--project <name>', 'the project it acts in, made if there is none of that name (default: yours)')
    .option('--json', 'print JSON')
    .action(async (name: string, flags: { project?: string; json?: boolean }) => {
      const { createApiKey } = await context
        .client()
        .query<{ createApiKey: { key: ApiKey; secret: string } }>(
          `mutation Create($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { ${keyFields} } } }`,
          { input: { name, ...(flags.project !== undefined && { project: flags.project }) } },
        )
      const { key, secret } = createApiKey
      if (flags.json) terminal.out(`${JSON.stringify({ ...key, secret })}\n`)
      else {
        terminal.err(
          `evalport: ${key.role} key ${key.prefix} for the project ${key.project}; it is shown only now:\n`,
        )
        terminal.out(`${secret}\n`)
      }
    })
  command
    .command('list')
    .description('list the API keys')
    .option('--json', 'print JSON')
    .action(async (flags: { json?: boolean }) => {
      const { apiKeys } = await context
        .client()
        .query<{ apiKeys: readonly ApiKey[] }>(`{ apiKeys { ${keyFields} } }`)
      const table = formatTable(
        ['PREFIX', 'NAME', 'PROJECT', 'ROLE', 'CREATED', 'REVOKED'],
        apiKeys.map((key) => [
          key.prefix,
          key.name,
          key.project,
          key.role,
          key.createdAt,
          key.revokedAt ?? '',
        ]),
      )
      terminal.out(flags.json ? `${JSON.stringify(apiKeys)}\n` : table)
    })
  command
    .command('revoke')
    .description('end an API key at once')
    .argument('<key>', 'its id or its prefix')
    .option('--json', 'print JSON')
    .action(async (key: string, flags: { json?: boolean }) => {
      const { revokeApiKey } = await context
        .client()
        .query<{ revokeApiKey: { key: ApiKey } }>(
          `mutation Revoke($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { key { ${keyFields} } } }`,
          { input: { key } },
        )
      const revoked = revokeApiKey.key
      terminal.out(
        flags.json ? `${JSON.stringify(revoked)}\n` : `revoked ${revoked.prefix} (${revoked.name})\n`,
      )
    })
  return command
}
