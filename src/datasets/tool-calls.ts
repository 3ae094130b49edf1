import { toolCalls as t } from '../db/schema/schema.ts'
import { tableDataset } from './table-dataset.ts'
import { field, filterable, filtered, large, required, seconds, shown } from './table-field.ts'

export const toolCalls = tableDataset(
  {
    id: 'tool_calls',
    shortName: 'tools',
    recordName: 'ToolCall',
    idPrefix: 'tcl',
    description: 'One call of a tool by an agent.',
  },
  t,
  [
    field('occurred_at', 'timestamp', 'public', t.occurredAt, 'When it happened.', {
      ...filtered,
      ...required,
    }),
    field('occurred_at_source', 'text', 'public', t.occurredAtSource, 'How that time is known.', required),
    field('session_id', 'text', 'internal', t.sessionId, 'The session that it was part of.', filtered),
    field('call_id', 'text', 'internal', t.callId, "The provider's id of the call."),
    field('tool_name', 'text', 'public', t.toolName, 'The tool, e.g. read_file.', filtered),
    field('tool_type', 'text', 'public', t.toolType, 'function, extension or datastore.'),
    field('mcp_server', 'text', 'public', t.mcpServer, 'The MCP server that has the tool.', filtered),
    field('agent_id', 'text', 'public', t.agentId, 'The agent that called it.', filterable),
    field('is_sidechain', 'bool', 'public', t.isSidechain, 'Whether a sub-agent called it.', filterable),
    field('started_at', 'timestamp', 'public', t.startedAt, 'When it was called.'),
    field('ended_at', 'timestamp', 'public', t.endedAt, 'When its result came back.'),
    field(
      'duration_seconds',
      'decimal',
      'public',
      seconds(t.durationNs),
      'How long it took, in seconds.',
      shown,
    ),
    field('success', 'bool', 'public', t.success, 'Whether it went well.', filtered),
    field('interrupted', 'bool', 'public', t.interrupted, 'Whether it was broken off.'),
    field('arguments', 'json', 'content', t.arguments, 'What it was called with.', large),
    field('result', 'json', 'content', t.result, 'What came back.', large),
    field('arguments_bytes', 'bigint', 'public', t.argumentsBytes, 'Size of the arguments as JSON.', shown),
    field('result_bytes', 'bigint', 'public', t.resultBytes, 'Size of the result as JSON.', shown),
    field('error_message', 'text', 'content', t.errorMessage, 'What the failure said.', large),
    field('source_file', 'text', 'content', t.sourceFile, 'The file that told of it.', large),
  ],
)
