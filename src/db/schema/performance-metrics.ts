import { sql } from 'drizzle-orm'
import { bigint, boolean, doublePrecision, index, jsonb, snakeCase, text } from 'drizzle-orm/pg-core'
import { recordColumns, recordConstraints } from './record-columns.ts'

/** One measured figure about one subject. */
export const performanceMetrics = snakeCase.table(
  'performance_metrics',
  {
    ...recordColumns(),
    occurredAtSource: text().notNull(),
    metric: text().notNull(),
    value: doublePrecision().notNull(),
    unit: text(),
    tokenType: text(),
    subjectType: text(),
    /** The subject's public id, or what the source calls it. */
    subjectId: text(),
    /** The record that it was made from: `subject_type` says of which table. Null for what was told. */
    subjectRecord: bigint({ mode: 'bigint' }),
    provider: text(),
    model: text(),
    operation: text(),
    errorType: text(),
    sessionId: text(),
    testId: text(),
    success: boolean(),
    attributes: jsonb(),
  },
  (t) => [
    ...recordConstraints('performance_metrics', t, {
      metric: t.metric,
      provider: t.provider,
      model: t.model,
      test: t.testId,
      session: t.sessionId,
    }),
    index('performance_metrics_by_subject')
      .on(t.subjectType, t.subjectRecord)
      .where(sql`${t.deadXid} is null and ${t.subjectRecord} is not null`),
  ],
)
