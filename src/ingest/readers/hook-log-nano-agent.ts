import type { Position, ReaderOutput, SourceFile } from '../reader.ts'
import { isNanoAgentTool, nanoAgentCall } from './nano-agent-call.ts'
import type { HookEvent } from './hook-log-event.ts'
import type { Occurrences } from './occurrences.ts'
import { textOf } from './session-values.ts'

/** What nano-agent answered, if the event is the end of a call of its tool. */
export function* nanoAgentResultsOf(
  event: HookEvent,
  file: SourceFile,
  position: Position,
  occurrences: Occurrences,
): Generator<ReaderOutput> {
  const { name, payload, session, occurred } = event
  const isFailure = name === 'PostToolUseFailure'
  if (!isNanoAgentTool(textOf(payload['tool_name']) ?? '') || (name !== 'PostToolUse' && !isFailure)) return
  const outputs = nanoAgentCall({
    toolInput: payload['tool_input'],
    toolResponse: payload[isFailure ? 'error' : 'tool_response'] ?? null,
    isError: isFailure,
    sessionId: session,
    agent: textOf(payload['agent_type']),
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    occurrence: (sha256) => occurrences.next(Buffer.from(sha256, 'hex')),
    sourceKey: file.sha256,
    rawName: isFailure ? 'post_tool_use_failure' : 'post_tool_use',
  })
  for (const output of outputs) yield { ...output, position }
}
