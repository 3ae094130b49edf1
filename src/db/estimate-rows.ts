import type { Sql } from 'postgres'

/**
 * How many rows Postgres expects of a query, by its statistics, without running it.
 * @param before a statement whose effect the query is to have, in the same transaction and the same message
 */
export async function estimateRows(client: Sql, query: string, before: string): Promise<number> {
  const answers = (await client.unsafe(`${before}; explain (format json) ${query}`)) as unknown
  const [row] = (answers as unknown[]).at(-1) as [
    { 'QUERY PLAN': readonly [{ Plan: { 'Plan Rows': number } }] },
  ]
  return row['QUERY PLAN'][0].Plan['Plan Rows']
}
