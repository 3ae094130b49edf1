import { bigint, boolean, jsonb, snakeCase, text } from 'drizzle-orm/pg-core'
import { costColumns, nanoseconds, recordColumns, recordConstraints, tokenColumns } from './record-columns.ts'

/** One message, model call, agent run or event of a session. */
export const agentInteractions = snakeCase.table(
  'agent_interactions',
  {
    ...recordColumns(),
    occurredAtSource: text().notNull(),
    sessionId: text(),
    sequence: bigint({ mode: 'bigint' }),
    kind: text().notNull(),
    operation: text(),
    provider: text(),
    model: text(),
    responseModel: text(),
    responseId: text(),
    parentId: text(),
    agentId: text(),
    agentName: text(),
    isSidechain: boolean(),
    ...tokenColumns(),
    ...costColumns(),
    durationNs: nanoseconds(),
    success: boolean(),
    finishReasons: jsonb(),
    errorType: text(),
    errorMessage: text(),
    request: text(),
    response: text(),
    thinking: text(),
    permissionMode: text(),
    clientVersion: text(),
    gitBranch: text(),
    workingDirectory: text(),
    userId: text(),
    /** What was measured beside the fields; performance metrics are made from it. */
    measures: jsonb(),
  },
  (t) =>
    recordConstraints('agent_interactions', t, {
      provider: t.provider,
      model: t.model,
      session: t.sessionId,
    }),
)
