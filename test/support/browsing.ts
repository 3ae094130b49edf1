import { insertGeneratedRows } from '../support/generated-rows.ts'
import type { TestApp } from './app.ts'

/** Records of the default project that differ in all that browsing can get wrong. */
export async function insertBrowsedRows(test: TestApp): Promise<void> {
  const sql = test.database.client()
  await insertGeneratedRows(sql, 1, 600)
  // Many records of one instant, across pages; texts of different cultures; an unknown provider.
  await sql`update evaluation_results set occurred_at = '2026-03-01T00:00:00.5Z' where id between 100 and 220`
  await sql`update evaluation_results set provider = null where id % 50 = 1`
  await sql`update evaluation_results set model = 'ümläut 😀''"\\' where id % 60 = 2`
}

export interface Page {
  readonly totalCount: number
  readonly nodes: readonly { readonly id: string }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}
const document = `query ($first: Int, $last: Int, $after: String, $before: String, $where: EvaluationResultWhere,
    $orderBy: EvaluationResultOrder) {
  evaluationResults(first: $first, last: $last, after: $after, before: $before, where: $where, orderBy: $orderBy) {
    totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

/** One page, or the code of why there is none. */
export async function browse(test: TestApp, variables: object) {
  const { data, errors } = await test.query<{ evaluationResults: Page } | null>(document, variables)
  return { page: data?.evaluationResults, code: errors?.[0]!.extensions['code'], errors }
}

/** The ids that a condition of SQL finds, newest first. */
export async function idsWhere(test: TestApp, condition: string): Promise<string[]> {
  const rows = await test.database
    .client()
    .unsafe(
      `select 'evr_' || id as id from evaluation_results where ${condition} order by occurred_at desc, id desc`,
    )
  return rows.map((row) => row['id'] as string)
}
