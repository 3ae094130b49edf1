import { sql } from 'drizzle-orm'
import { boolean, doublePrecision, index, integer, jsonb, snakeCase, text } from 'drizzle-orm/pg-core'
import { costColumns, nanoseconds, recordColumns, recordConstraints, tokenColumns } from './record-columns.ts'

/** One graded answer of one model to one test in one run. */
export const evaluationResults = snakeCase.table(
  'evaluation_results',
  {
    ...recordColumns(),
    occurredAtSource: text().notNull(),
    run: text().notNull(),
    framework: text().notNull(),
    suite: text(),
    testId: text(),
    testTitle: text(),
    testVersion: text(),
    sampleId: text(),
    attempt: integer(),
    promptOrder: text(),
    provider: text(),
    model: text().notNull(),
    modelAsWritten: text(),
    responseModel: text(),
    agent: text(),
    sessionId: text(),
    success: boolean(),
    successSource: text(),
    score: doublePrecision(),
    gradePerformance: text(),
    gradeSpeed: text(),
    gradeCost: text(),
    gradeOverall: text(),
    scores: jsonb(),
    rank: integer(),
    durationNs: nanoseconds(),
    ...tokenColumns(),
    requestCount: integer(),
    turnCount: integer(),
    toolCallCount: integer(),
    ...costColumns(),
    errorType: text(),
    errorMessage: text(),
    prompt: text(),
    /** What a prompt is found by: see `ingest/store/tests.ts`. */
    promptKey: text(),
    response: text(),
    expected: text(),
    rubric: text(),
  },
  (t) => [
    ...recordConstraints('evaluation_results', t, {
      provider: t.provider,
      model: t.model,
      test: t.testId,
      session: t.sessionId,
    }),
    index('evaluation_results_by_prompt')
      .on(t.projectId, t.promptKey)
      .where(sql`${t.deadXid} is null and ${t.promptKey} is not null`),
  ],
)
