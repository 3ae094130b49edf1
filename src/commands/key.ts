import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { printable } from './printable.ts'
import { formatTable } from './table.ts'

interface ApiKey {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly project: string
  readonly role: string
  readonly scopes: readonly string[] | null
  readonly isGood: boolean
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
  readonly replacedBy: string | null
}

const keyFields =
  'id name prefix project role scopes isGood createdAt lastUsedAt expiresAt revokedAt replacedBy'
const which = 'its id or its prefix'
const asJson = ['--json', 'print JSON'] as const
const expiry = 'when it ends by itself: a time, or a length of time like 90d or 12h'

const gathered = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value]

interface Json {
  readonly json?: boolean
}

export function keyCommand(context: CommandContext): Command {
  const command = new Command('key').description('make, list, change, rotate and revoke API keys')
  for (const each of [create, list, update, rotate, revoke]) command.addCommand(each(context))
  return command
}

function create(context: CommandContext): Command {
  return new Command('create')
    .description('make an API key and print it, once')
    .argument('<name>', 'what it is for')
    .option('--role <role>', 'what it may do (default: analyst)')
    .option('--project <name>', 'the project it acts in (default: yours)')
    .option('--scope <permission>', 'leave it only this permission of its role; may be repeated', gathered)
    .option('--expires <time>', `${expiry} (default: never)`)
    .option(...asJson)
    .action(async (name: string, { json, scope, ...flags }: CreateFlags & Json) => {
      const { createApiKey } = await context
        .client()
        .query<{ createApiKey: { key: ApiKey; secret: string } }>(
          `mutation Create($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { ${keyFields} } } }`,
          { input: { ...flags, name, ...(scope && { scopes: scope }) } },
        )
      const { key, secret } = createApiKey
      if (json) context.terminal.out(`${JSON.stringify({ ...key, secret })}\n`)
      else showSecret(context.terminal, key, secret)
    })
}

interface CreateFlags {
  readonly role?: string
  readonly project?: string
  readonly scope?: readonly string[]
  readonly expires?: string
}

function showSecret(terminal: CommandContext['terminal'], key: ApiKey, secret: string): void {
  const until = key.expiresAt === null ? '' : `, good until ${key.expiresAt}`
  const what = `${key.role} key ${key.prefix} for the project ${key.project}${until}`
  terminal.err(`evalport: ${what}; it is shown only now:\n`)
  terminal.out(`${secret}\n`)
}

function list(context: CommandContext): Command {
  return new Command('list')
    .description('list the API keys of the project, for operators of all projects')
    .option(...asJson)
    .action(async ({ json }: Json) => {
      const { apiKeys } = await context
        .client()
        .query<{ apiKeys: readonly ApiKey[] }>(`{ apiKeys { ${keyFields} } }`)
      const table = formatTable(
        ['PREFIX', 'NAME', 'PROJECT', 'ROLE', 'CREATED', 'LAST USED', 'EXPIRES', 'STATE'],
        apiKeys.map((key) => [
          key.prefix,
          key.name,
          key.project,
          key.scopes === null ? key.role : `${key.role} (${key.scopes.join(', ')})`,
          key.createdAt,
          key.lastUsedAt ?? '',
          key.expiresAt ?? '',
          stateOf(key),
        ]),
      )
      context.terminal.out(json ? `${JSON.stringify(apiKeys)}\n` : table)
    })
}

function stateOf(key: ApiKey): string {
  if (key.revokedAt !== null) return `revoked ${key.revokedAt}`
  if (key.replacedBy !== null) return key.isGood ? 'rotated, still good' : 'rotated'
  return key.isGood ? 'good' : 'expired'
}

function update(context: CommandContext): Command {
  return new Command('update')
    .description('change a good API key, at once')
    .argument('<key>', which)
    .option('--name <name>', 'what it is for')
    .option('--role <role>', 'what it may do')
    .option('--scope <permission>', 'leave it only this permission of its role; may be repeated', gathered)
    .option('--all-scopes', 'leave it all that its role allows')
    .option('--expires <time>', `${expiry}; or never`)
    .option(...asJson)
    .action(async (key: string, { json, scope, allScopes, ...flags }: UpdateFlags & Json) => {
      const scopes = scope ? { scopes: scope } : allScopes ? { scopes: null } : {}
      const { updateApiKey } = await context
        .client()
        .query<{ updateApiKey: { key: ApiKey } }>(
          `mutation Update($input: UpdateApiKeyInput!) { updateApiKey(input: $input) { key { ${keyFields} } } }`,
          { input: { ...flags, key, ...scopes } },
        )
      const changed = updateApiKey.key
      const text = `changed ${changed.prefix} (${printable(changed.name)}): ${changed.role}`
      context.terminal.out(json ? `${JSON.stringify(changed)}\n` : `${text}\n`)
    })
}

interface UpdateFlags {
  readonly name?: string
  readonly role?: string
  readonly scope?: readonly string[]
  readonly allScopes?: boolean
  readonly expires?: string
}

function rotate(context: CommandContext): Command {
  return new Command('rotate')
    .description('make a key that takes over from another, and print it, once')
    .argument('<key>', which)
    .option('--overlap <time>', 'how long the old key stays good, like 30m; 0: not at all (default: 24h)')
    .option(...asJson)
    .action(async (old: string, { json, overlap }: { overlap?: string } & Json) => {
      const { rotateApiKey } = await context.client().query<{
        rotateApiKey: { key: ApiKey; secret: string; replaced: ApiKey }
      }>(
        `mutation Rotate($input: RotateApiKeyInput!) {
          rotateApiKey(input: $input) { secret key { ${keyFields} } replaced { ${keyFields} } } }`,
        { input: { key: old, ...(overlap !== undefined && { overlap }) } },
      )
      const { key, secret, replaced } = rotateApiKey
      if (json) {
        context.terminal.out(`${JSON.stringify({ ...key, secret, replaced })}\n`)
        return
      }
      context.terminal.err(`evalport: ${replaced.prefix} is good until ${replaced.expiresAt}\n`)
      showSecret(context.terminal, key, secret)
    })
}

function revoke(context: CommandContext): Command {
  return new Command('revoke')
    .description('end an API key at once')
    .argument('<key>', which)
    .option(...asJson)
    .action(async (key: string, { json }: Json) => {
      const { revokeApiKey } = await context
        .client()
        .query<{ revokeApiKey: { key: ApiKey } }>(
          `mutation Revoke($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { key { ${keyFields} } } }`,
          { input: { key } },
        )
      const revoked = revokeApiKey.key
      context.terminal.out(
        json ? `${JSON.stringify(revoked)}\n` : `revoked ${revoked.prefix} (${printable(revoked.name)})\n`,
      )
    })
}
