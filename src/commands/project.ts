import { Command } from 'commander'
import type { CommandContext } from './command-context.ts'
import { printable } from './printable.ts'
import { formatTable } from './table.ts'

interface Project {
  readonly name: string
  readonly createdAt: string
}

interface Member {
  readonly name: string
  readonly project: string
  readonly issuer: string
  readonly subject: string
  readonly role: string
  readonly roleSource: string
  readonly lastUsedAt: string | null
  readonly removedAt: string | null
}

const memberFields = 'id name project issuer subject role roleSource createdAt lastUsedAt removedAt'
const asJson = ['--json', 'print JSON'] as const
const ofProject = ['--project <name>', 'the project (default: yours)'] as const
const ofIssuer = ['--issuer <url>', 'the identity provider, as its tokens say it (iss)'] as const

interface Flags {
  readonly project?: string
  readonly json?: boolean
}

export function projectCommand(context: CommandContext): Command {
  const command = new Command('project').description('projects, and who has which role in them')
  for (const each of [list, create, rename, members, assign, remove]) command.addCommand(each(context))
  return command
}

function list(context: CommandContext): Command {
  return new Command('list')
    .description('list your project, for operators all of them')
    .option(...asJson)
    .action(async ({ json }: Flags) => {
      const { projects } = await context
        .client()
        .query<{ projects: readonly Project[] }>('{ projects { name createdAt } }')
      const table = formatTable(
        ['NAME', 'CREATED'],
        projects.map((each) => [each.name, each.createdAt]),
      )
      context.terminal.out(json ? `${JSON.stringify(projects)}\n` : table)
    })
}

function create(context: CommandContext): Command {
  return new Command('create')
    .description('make a project (operators)')
    .argument('<name>', '1 to 63 of a-z, 0-9, _ and -')
    .option(...asJson)
    .action(async (name: string, { json }: Flags) => {
      const { createProject } = await context
        .client()
        .query<{ createProject: { project: Project } }>(
          `mutation Create($input: CreateProjectInput!) { createProject(input: $input) { project { name createdAt } } }`,
          { input: { name } },
        )
      const { project } = createProject
      context.terminal.out(json ? `${JSON.stringify(project)}\n` : `made ${project.name}\n`)
    })
}

function rename(context: CommandContext): Command {
  return new Command('rename')
    .description('give a project another name (operators)')
    .argument('<old>', 'its name until now')
    .argument('<new>', 'its name from now on')
    .option(...asJson)
    .action(async (old: string, name: string, { json }: Flags) => {
      const { renameProject } = await context
        .client()
        .query<{ renameProject: { project: Project } }>(
          `mutation Rename($input: RenameProjectInput!) { renameProject(input: $input) { project { name createdAt } } }`,
          { input: { project: old, name } },
        )
      const { project } = renameProject
      context.terminal.out(json ? `${JSON.stringify(project)}\n` : `renamed ${old} to ${project.name}\n`)
    })
}

function members(context: CommandContext): Command {
  return new Command('members')
    .description('list the people and services that have, or had, a role in a project')
    .option(...ofProject)
    .option(...asJson)
    .action(async ({ project, json }: Flags) => {
      const answer = await context
        .client()
        .query<{ members: readonly Member[] }>(
          `query Members($project: String) { members(project: $project) { ${memberFields} } }`,
          { project },
        )
      const table = formatTable(
        ['SUBJECT', 'NAME', 'ISSUER', 'ROLE', 'FROM', 'LAST USED', 'REMOVED'],
        answer.members.map((each) => [
          each.subject,
          each.name,
          each.issuer,
          each.role,
          each.roleSource,
          each.lastUsedAt ?? '',
          each.removedAt ?? '',
        ]),
      )
      context.terminal.out(json ? `${JSON.stringify(answer.members)}\n` : table)
    })
}

function assign(context: CommandContext): Command {
  return new Command('assign')
    .description('give a person or service of an identity provider a role in a project, at once')
    .argument('<subject>', 'who, as the identity provider calls it (sub)')
    .requiredOption(...ofIssuer)
    .requiredOption('--role <role>', 'the role, at most what you have yourself')
    .option('--name <name>', 'what to call it')
    .option(...ofProject)
    .option(...asJson)
    .action(async (subject: string, { json, ...input }: Flags) => {
      const { assignRole } = await context
        .client()
        .query<{ assignRole: { member: Member } }>(
          `mutation Assign($input: AssignRoleInput!) { assignRole(input: $input) { member { ${memberFields} } } }`,
          { input: { ...input, subject } },
        )
      const { member } = assignRole
      const text = `${printable(member.name)} is ${member.role} in ${member.project}`
      context.terminal.out(json ? `${JSON.stringify(member)}\n` : `${text}\n`)
    })
}

function remove(context: CommandContext): Command {
  return new Command('remove')
    .description('take away the role of a person or service, at once')
    .argument('<subject>', 'who, as the identity provider calls it (sub)')
    .requiredOption(...ofIssuer)
    .option(...ofProject)
    .option(...asJson)
    .action(async (subject: string, { json, ...input }: Flags) => {
      const { removeRole } = await context
        .client()
        .query<{ removeRole: { member: Member } }>(
          `mutation Remove($input: RemoveRoleInput!) { removeRole(input: $input) { member { ${memberFields} } } }`,
          { input: { ...input, subject } },
        )
      const { member } = removeRole
      context.terminal.out(
        json
          ? `${JSON.stringify(member)}\n`
          : `${printable(member.name)} has no role in ${member.project} any more\n`,
      )
    })
}
