import type { RecordOutput } from '../reader.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { knownFields } from '../normalise/known.ts'
import type { ToolCallFields } from '../records/tool-call.ts'
import type { SessionKeys } from './session-keys.ts'
import { toolOf } from './session-tools.ts'
import { contentText, flagOf, objectOf, textOf, without } from './session-values.ts'
import { toolCallFields, transcriptWeight } from './transcript-line.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** A call as the agent made it; undefined for a block that names no tool. */
export function toolUseOf(
  block: JsonObject,
  line: TranscriptLine,
  keys: SessionKeys,
): RecordOutput | undefined {
  const id = textOf(block['id'])
  const tool = textOf(block['name'])
  if (tool === undefined) return undefined
  const matchKey = keys.toolCall(line.session, tool, block['input'], 'start')
  const fields = knownFields<ToolCallFields>({
    ...toolCallFields(line),
    callId: id,
    ...toolOf(tool),
    startedAt: line.hasOwnTime ? line.occurred.at : undefined,
    arguments: block['input'],
  })
  return {
    kind: 'tool_call',
    record: {
      ...(id === undefined ? { naturalKey: matchKey, isRetelling: true } : { naturalKey: ['tool_call', id] }),
      matchKey,
      weight: transcriptWeight,
      fields,
      raw: { tool_use: { uuid: line.uuid ?? null, ...without(block, ['input']) } },
    },
  }
}

/**
 * What came back from a call; undefined for a block that does not say from which.
 *
 * @param result as the tool gave it, where the line tells that beside what the model was shown
 */
export function toolResultOf(
  block: JsonObject,
  line: TranscriptLine,
  result: ExactJson | undefined,
): RecordOutput | undefined {
  const id = textOf(block['tool_use_id'])
  if (id === undefined) return undefined
  const isError = block['is_error'] === true
  const fields = knownFields<ToolCallFields>({
    ...toolCallFields(line),
    callId: id,
    endedAt: line.hasOwnTime ? line.occurred.at : undefined,
    success: !isError,
    interrupted: flagOf(objectOf(result)['interrupted']),
    errorMessage: isError ? contentText(block['content']) : undefined,
    result: result ?? block['content'],
  })
  return {
    kind: 'tool_call',
    record: {
      naturalKey: ['tool_call', id],
      weight: transcriptWeight,
      fields,
      raw: { tool_result: { uuid: line.uuid ?? null, ...without(block, ['content']) } },
    },
  }
}
