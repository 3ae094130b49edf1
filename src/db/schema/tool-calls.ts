import { bigint, boolean, jsonb, snakeCase, text } from 'drizzle-orm/pg-core'
import { instant, nanoseconds, recordColumns, recordConstraints } from './record-columns.ts'

/** One call of a tool by an agent. */
export const toolCalls = snakeCase.table(
  'tool_calls',
  {
    ...recordColumns(),
    occurredAtSource: text().notNull(),
    sessionId: text(),
    callId: text(),
    toolName: text(),
    toolType: text(),
    mcpServer: text(),
    agentId: text(),
    isSidechain: boolean(),
    startedAt: instant(),
    endedAt: instant(),
    durationNs: nanoseconds(),
    success: boolean(),
    interrupted: boolean(),
    arguments: jsonb(),
    result: jsonb(),
    /** Of the arguments as compact JSON in UTF-8. */
    argumentsBytes: bigint({ mode: 'bigint' }),
    resultBytes: bigint({ mode: 'bigint' }),
    errorMessage: text(),
  },
  (t) => recordConstraints('tool_calls', t, { session: t.sessionId, tool: t.toolName }),
)
