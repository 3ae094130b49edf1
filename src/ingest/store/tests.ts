import { createHash } from 'node:crypto'
import type { ISql } from 'postgres'
import type { EvaluationTest } from '../records/evaluation-test.ts'
import { storableText } from '../storable.ts'
import { madeRank, type Version } from './version.ts'

/** The versions of the tests that some results may be answers to, the earliest first. */
export interface KnownTests {
  ofId(testId: string): readonly EvaluationTest[]
  ofPrompt(promptKey: string): readonly EvaluationTest[]
}

/** What prompts are compared by: white space at the ends and how lines end do not count. Hex. */
export function promptKey(prompt: string): string {
  const text = prompt.replaceAll(/\r\n?/g, '\n').trim()
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/**
 * Keeps versions of tests. One that is there already keeps the earliest time from which it is known.
 * @returns those that are new, or known from earlier now: results may change by them
 */
export async function storeTests(
  sql: ISql,
  projectId: number,
  sourceFileId: string,
  tests: readonly EvaluationTest[],
): Promise<EvaluationTest[]> {
  const changed: EvaluationTest[] = []
  for (const test of tests) {
    const text = (value: string | undefined) => (value === undefined ? null : storableText(value).value)
    const prompt = text(test.prompt)
    const rows = await sql`
      insert into evaluation_tests
        (project_id, test_id, test_version, prompt_order, test_title, prompt, prompt_key, expected, rubric, since, source_file_id)
      values (${projectId}, ${test.testId}, ${test.testVersion}, ${test.promptOrder}, ${text(test.testTitle)}, ${prompt},
        ${prompt === null ? null : promptKey(prompt)}, ${text(test.expected)}, ${text(test.rubric)},
        ${test.since}::text::timestamptz, ${sourceFileId})
      on conflict (project_id, test_id, test_version) do update set since = excluded.since
        where evaluation_tests.since > excluded.since
      returning id`
    if (rows.length > 0) changed.push(test)
  }
  return changed
}

/** The tests that the results name, or whose prompt they answer. */
export async function findTests(
  sql: ISql,
  projectId: number,
  results: readonly Version[],
): Promise<KnownTests> {
  const ids = distinct(results, 'testId')
  const prompts = distinct(results, 'promptKey')
  const rows = await sql`
    select test_id, test_version, prompt_order, test_title, prompt, prompt_key, expected, rubric, since::text
    from evaluation_tests where project_id = ${projectId} and (test_id = any(${ids}::text[]) or prompt_key = any(${prompts}::text[]))
    order by evaluation_tests.since, test_version`
  const byId = new Map<string, EvaluationTest[]>()
  const byPrompt = new Map<string, EvaluationTest[]>()
  for (const row of rows) {
    const test = toTest(row)
    append(byId, test.testId, test)
    if (row['prompt_key'] !== null) append(byPrompt, row['prompt_key'] as string, test)
  }
  return { ofId: (id) => byId.get(id) ?? [], ofPrompt: (key) => byPrompt.get(key) ?? [] }
}

const resultsAtOnce = 500

/** The numbers of the live results that name one of the tests or answer its prompt, some at a time. */
export async function* resultsOfTests(
  sql: ISql,
  projectId: number,
  tests: readonly EvaluationTest[],
): AsyncGenerator<string[]> {
  if (tests.length === 0) return
  const ids = tests.map(({ testId }) => testId)
  const prompts = tests.flatMap(({ prompt }) =>
    prompt === undefined ? [] : [promptKey(storableText(prompt).value)],
  )
  const rows = await sql`select id::text from evaluation_results
    where project_id = ${projectId} and dead_xid is null and test_id = any(${ids}::text[])
    union select id::text from evaluation_results
    where project_id = ${projectId} and dead_xid is null and prompt_key = any(${prompts}::text[])`
  const numbers = rows.map((row) => row['id'] as string)
  for (let start = 0; start < numbers.length; start += resultsAtOnce)
    yield numbers.slice(start, start + resultsAtOnce)
}

/** What a result does not say of its test is taken from the version of the test that was in force when it was made. */
export function completeByTest(version: Version, tests: KnownTests): void {
  const { table, cells } = version
  const testId = cells[table.at('testId')]
  const key = cells[table.at('promptKey')]
  const candidates = testId ? tests.ofId(testId) : key ? tests.ofPrompt(key) : []
  const told = cells[table.at('testVersion')]
  const occurredAt = cells[table.at('occurredAt')]!
  const test = told
    ? candidates.find((each) => each.testVersion === told)
    : (candidates.findLast((each) => Date.parse(each.since) <= Date.parse(occurredAt)) ?? candidates[0])
  if (!test) return
  const make = (name: string, value: string | undefined) => {
    const index = table.at(name)
    if (value === undefined || cells[index] !== null) return
    cells[index] = value
    version.ranks[index] = madeRank
  }
  make('testId', test.testId)
  make('testVersion', test.testVersion)
  make('testTitle', test.testTitle)
  make('promptOrder', test.promptOrder)
  make('prompt', test.prompt)
  make('expected', test.expected)
  make('rubric', test.rubric)
}

function distinct(results: readonly Version[], name: string): string[] {
  return [...new Set(results.flatMap(({ table, cells }) => cells[table.at(name)] ?? []))]
}

function append(map: Map<string, EvaluationTest[]>, key: string, test: EvaluationTest): void {
  const list = map.get(key)
  if (list) list.push(test)
  else map.set(key, [test])
}

function toTest(row: Record<string, unknown>): EvaluationTest {
  const optional = (name: string, value: unknown) => (value === null ? {} : { [name]: value as string })
  return {
    testId: row['test_id'] as string,
    testVersion: row['test_version'] as string,
    promptOrder: row['prompt_order'] as EvaluationTest['promptOrder'],
    since: row['since'] as string,
    ...optional('testTitle', row['test_title']),
    ...optional('prompt', row['prompt']),
    ...optional('expected', row['expected']),
    ...optional('rubric', row['rubric']),
  }
}
