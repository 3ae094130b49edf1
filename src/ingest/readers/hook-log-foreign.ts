import type { RecordOutput, SourceFile } from '../reader.ts'
import { isJsonObject } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { knownFields } from '../normalise/known.ts'
import type { ToolCallFields } from '../records/tool-call.ts'
import { instantOfMember, sessionOf } from './hook-log-event.ts'
import type { SessionKeys } from './session-keys.ts'
import { toolOf } from './session-tools.ts'
import { flagOf, objectOf, textOf, without } from './session-values.ts'

/**
 * Other hook scripts write records of their own beside a payload that they did not understand:
 * `{timestamp, tool_name, tool_input, tool_output, success, execution_time, input_data}`, most of it empty.
 */
export function isForeign(value: ExactJson): value is JsonObject {
  if (!isJsonObject(value) || Object.hasOwn(value, 'hook_event_name')) return false
  const has = (name: string) => Object.hasOwn(value, name)
  return has('tool_name') && (has('tool_output') || has('execution_time') || has('input_data'))
}

/** Undefined where it names no tool, neither itself nor in the payload that it holds. */
export function foreignCallOf(
  value: JsonObject,
  file: SourceFile,
  keys: SessionKeys,
): RecordOutput | undefined {
  const payload = objectOf(value['input_data'])
  const tool = textOf(value['tool_name']) ?? textOf(payload['tool_name'])
  if (tool === undefined) return undefined
  const occurred = instantOfMember(value['timestamp']) ?? file.fallbackTime
  const session = sessionOf(value) ?? sessionOf(payload)
  const id = textOf(payload['tool_use_id'])
  const input = told(value['tool_input']) ?? told(payload['tool_input'])
  const fields = knownFields<ToolCallFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    sessionId: session,
    callId: id,
    ...toolOf(tool),
    // In which unit `execution_time` is, no one says.
    success: flagOf(value['success']),
    arguments: input,
    result: told(value['tool_output']) ?? told(payload['tool_response']),
  })
  const { matchKey, ...keysOfCall } = foreignKeys(value, { id, session, tool, input }, keys)
  return {
    kind: 'tool_call',
    record: {
      ...keysOfCall,
      ...(matchKey === undefined ? {} : { matchKey }),
      fields,
      raw: { foreign_hook: rawOf(value, payload) },
    },
  }
}

interface Call {
  readonly id: string | undefined
  readonly session: string | undefined
  readonly tool: string
  readonly input: ExactJson | undefined
}

function foreignKeys(value: JsonObject, { id, session, tool, input }: Call, keys: SessionKeys) {
  if (id !== undefined) return { naturalKey: ['tool_call', id] }
  if (session === undefined) return { naturalKey: keys.said(['foreign_hook'], value) }
  const key = keys.toolCall(session, tool, input, 'end')
  return { naturalKey: key, matchKey: key, isRetelling: true }
}

function rawOf(value: JsonObject, payload: JsonObject): JsonObject {
  const own = without(value, ['tool_input', 'tool_output'])
  return isJsonObject(value['input_data'])
    ? { ...own, input_data: without(payload, ['tool_input', 'tool_response']) }
    : own
}

/** Empty texts, lists and objects are what these scripts write where they know nothing. */
function told(value: ExactJson | undefined): ExactJson | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value
  return isJsonObject(value) && Object.keys(value).length === 0 ? undefined : value
}
