import type { RecordOutput } from '../reader.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { knownFields } from '../normalise/known.ts'
import type { ToolCallFields } from '../records/tool-call.ts'
import { rawOf } from './hook-log-event.ts'
import type { HookEvent } from './hook-log-event.ts'
import type { SessionKeys } from './session-keys.ts'
import { toolOf } from './session-tools.ts'
import { flagOf, objectOf, textOf } from './session-values.ts'

const toolEvents: ReadonlySet<string> = new Set(['PreToolUse', 'PostToolUse', 'PostToolUseFailure'])

/** Whether it tells of one end of a tool's call. */
export function isToolEvent({ name, payload }: HookEvent): boolean {
  return toolEvents.has(name) && textOf(payload['tool_name']) !== undefined
}

/** @param event one for which `isToolEvent` holds */
export function toolCallOf(event: HookEvent, keys: SessionKeys): RecordOutput {
  const { name, payload, session, occurred } = event
  const tool = textOf(payload['tool_name'])!
  const isStart = name === 'PreToolUse'
  const interrupted = interruptedOf(event)
  const fields = knownFields<ToolCallFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    sessionId: session,
    callId: textOf(payload['tool_use_id']),
    ...toolOf(tool),
    agentId: textOf(payload['agent_id']),
    ...(occurred.source === 'event' ? { [isStart ? 'startedAt' : 'endedAt']: occurred.at } : {}),
    arguments: payload['tool_input'],
    result: payload['tool_response'],
    interrupted,
    ...(name === 'PostToolUseFailure' ? { success: false, errorMessage: textOf(payload['error']) } : {}),
  })
  // Older versions told hooks of failed calls too, in the words of the tool.
  const isDone = name === 'PostToolUse' && interrupted !== true
  return {
    kind: 'tool_call',
    record: {
      ...toolCallKeys(event, tool, isStart ? 'start' : 'end', keys),
      fields,
      ...(isDone ? { guesses: { success: true } } : {}),
      raw: rawOf(event, ['tool_input', 'tool_response', ...(fields.errorMessage ? ['error'] : [])]),
    },
  }
}

/** By the call's id; where older versions tell none, by what a transcript knows as well. */
function toolCallKeys(
  { payload, session }: HookEvent,
  tool: string,
  end: 'start' | 'end',
  keys: SessionKeys,
) {
  const id = textOf(payload['tool_use_id'])
  if (id !== undefined) return { naturalKey: ['tool_call', id] }
  const key = keys.toolCall(session, tool, payload['tool_input'], end)
  // Without a session it is anybody's call.
  return { naturalKey: key, isRetelling: true, ...(session === undefined ? {} : { matchKey: key }) }
}

function interruptedOf({ name, payload }: HookEvent): boolean | undefined {
  const told: ExactJson | undefined =
    name === 'PostToolUseFailure'
      ? payload['is_interrupt']
      : objectOf(payload['tool_response'])['interrupted']
  return flagOf(told)
}
