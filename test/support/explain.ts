import type { Sql } from 'postgres'
import { projectRole } from '../../src/db/project-scope.ts'

interface Plan {
  readonly 'Node Type': string
  readonly Plans?: readonly Plan[]
}

/** The names of a query's plan nodes, from the top, as it is planned within a project, under row-level security. */
export async function planNodes(client: Sql, projectId: number, query: string): Promise<string[]> {
  const [row] = await client.begin(async (tx) => {
    await tx`select set_config('role', ${projectRole}, true), set_config('evalport.project', ${String(projectId)}, true)`
    return tx.unsafe(`explain (format json) ${query}`)
  })
  const [{ Plan }] = row!['QUERY PLAN'] as [{ Plan: Plan }]
  const walk = (plan: Plan): string[] => [plan['Node Type'], ...(plan.Plans ?? []).flatMap(walk)]
  return walk(Plan)
}
