import type { GraphQLResolveInfo } from 'graphql'
import type { Problem } from '../core/errors.ts'
import { camelCase } from '../core/field.ts'
import type { Direction } from '../core/export-spec.ts'
import type { Dataset } from '../datasets/dataset.ts'
import { browse, countMatches, type Window } from '../exports/browse.ts'
import type { GraphQLContext } from './context.ts'
import { toConditions, type Where } from './filters.ts'
import { selectedFields } from './selected-fields.ts'

export interface ConnectionArgs {
  readonly first?: number | null | undefined
  readonly last?: number | null | undefined
  readonly after?: string | null | undefined
  readonly before?: string | null | undefined
  readonly where?: Where | null | undefined
  readonly orderBy?: { readonly direction: Direction } | null | undefined
}

/** A page of a dataset's records: exactly the fields that the client selected are read, and asked the policy about. */
export async function resolveConnection(
  dataset: Dataset,
  args: ConnectionArgs,
  { app, caller, pageBytes }: GraphQLContext,
  info: GraphQLResolveInfo,
) {
  const problems: Problem[] = []
  const filter = toConditions(dataset.fields, args.where, problems)
  const byGraphQLName = new Map(dataset.fields.map((field) => [camelCase(field.name), field.name]))
  const selected = selectedFields(info, [['nodes'], ['edges', 'node']])
  const page = await browse(
    app,
    caller,
    dataset,
    {
      fields: selected.map((field) => byGraphQLName.get(field.name)!),
      filter,
      direction: args.orderBy?.direction ?? 'DESC',
      window: windowOf(args),
      bytes: shareOf(pageBytes),
    },
    problems,
  )
  const edges = page.rows.map((row) => ({ cursor: row.cursor, node: { cells: row.cells } }))
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    count: () => countMatches(app, caller, dataset, filter),
  }
}

const mostOfPage = 4 * 1024 * 1024
const leastOfPage = 64 * 1024

/** What one page may take of what its operation may hold; the pages of an operation are read at the same time. */
function shareOf(pageBytes: GraphQLContext['pageBytes']): number {
  const share = Math.max(leastOfPage, Math.min(mostOfPage, pageBytes.left))
  pageBytes.left -= share
  return share
}

function windowOf(args: ConnectionArgs): Window {
  const given = Object.entries({ first: args.first, last: args.last, after: args.after, before: args.before })
  return Object.fromEntries(given.filter(([, value]) => value !== null && value !== undefined))
}
