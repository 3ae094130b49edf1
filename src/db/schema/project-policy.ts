import { sql } from 'drizzle-orm'
import { pgPolicy, type ExtraConfigColumn } from 'drizzle-orm/pg-core'

/**
 * Row-level security: whoever does not own the table sees and writes the rows of one project only, the one that
 * `db/project-scope.ts` names in its transaction; without a name, none. A subquery, so that the setting is read once a
 * statement and the index on the project is used.
 */
export function projectPolicy(t: { readonly projectId: ExtraConfigColumn }) {
  const isTheProject = sql`${t.projectId} = (select nullif(current_setting('evalport.project', true), '')::integer)`
  return pgPolicy('of_the_project', { using: isTheProject, withCheck: isTheProject })
}
