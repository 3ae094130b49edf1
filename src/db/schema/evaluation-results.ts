import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  bytea,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  numeric,
  smallint,
  snakeCase,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import { projects } from './accounts.ts'
import { xid8 } from './column-types.ts'
import { sourceFiles } from './source-files.ts'

const tokens = () => bigint({ mode: 'bigint' })
const usd = () => numeric({ precision: 20, scale: 12 })

/**
 * One graded answer of one model to one test in one run. Append-only: a correction is a new row plus `dead_xid` on the
 * old one, a deletion is `dead_xid`, so that any stored snapshot can be read again.
 */
export const evaluationResults = snakeCase.table(
  'evaluation_results',
  {
    id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    projectId: integer()
      .notNull()
      .references(() => projects.id),
    occurredAt: timestamp({ withTimezone: true, mode: 'string' }).notNull(),
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
    durationNs: bigint({ mode: 'bigint' }),
    inputTokens: tokens(),
    outputTokens: tokens(),
    totalTokens: tokens(),
    cacheReadTokens: tokens(),
    cacheWriteTokens: tokens(),
    reasoningTokens: tokens(),
    requestCount: integer(),
    turnCount: integer(),
    toolCallCount: integer(),
    costReportedUsd: usd(),
    costComputedUsd: usd(),
    priceVersion: text(),
    errorType: text(),
    errorMessage: text(),
    prompt: text(),
    response: text(),
    expected: text(),
    sourceFile: text(),
    sourceFileId: uuid().references(() => sourceFiles.id),
    sourceRank: smallint().notNull(),
    ingestKey: bytea().notNull(),
    /** The source's own words; never exported. */
    raw: jsonb(),
    createdXid: xid8()
      .notNull()
      .default(sql`pg_current_xact_id()`),
    deadXid: xid8(),
  },
  (t) => [
    uniqueIndex('evaluation_results_ingest_key')
      .on(t.projectId, t.ingestKey)
      .where(sql`${t.deadXid} is null`),
    index('evaluation_results_by_time').on(t.projectId, t.occurredAt, t.id),
    index('evaluation_results_by_provider').on(t.projectId, t.provider, t.occurredAt, t.id),
    index('evaluation_results_by_model').on(t.projectId, t.model, t.occurredAt, t.id),
    index('evaluation_results_by_test').on(t.projectId, t.testId, t.occurredAt, t.id),
    index('evaluation_results_by_session').on(t.projectId, t.sessionId, t.occurredAt, t.id),
    check('evaluation_results_occurred_at_finite', sql`isfinite(${t.occurredAt})`),
  ],
)
