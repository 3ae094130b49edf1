import type { Position, Reader, ReaderOutput, SourceFile } from '../reader.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { jsonItems } from '../json/json-items.ts'
import { jsonOutline } from '../json/json-outline.ts'
import { hookEventOf } from './hook-log-event.ts'
import type { HookEvent } from './hook-log-event.ts'
import { foreignCallOf, isForeign } from './hook-log-foreign.ts'
import { interactionOf } from './hook-log-interaction.ts'
import { nanoAgentResultsOf } from './hook-log-nano-agent.ts'
import { isToolEvent, toolCallOf } from './hook-log-tool-call.ts'
import { SessionKeys } from './session-keys.ts'
import { Occurrences } from './occurrences.ts'
import { rejectOf } from './session-values.ts'
import { TranscriptReading } from './transcript-reading.ts'

/**
 * What Claude Code told its hooks, one payload an event: as a hook keeps it, one array a kind of event, or as a sender
 * of events wraps it. Other versions know other events and members: what is not known is kept.
 */
export const hookLog: Reader = {
  id: 'hook-log',
  description: 'Claude Code: hook logs, an array of payloads or one a line',
  rank: 2,

  detect(head) {
    const names = jsonOutline(head)
    const has = (...wanted: string[]) => wanted.every((name) => names.has(name))
    if (has('hook_event_name') || has('hook_event_type', 'payload')) return true
    if (has('tool_name') && (has('tool_output') || has('input_data') || has('execution_time'))) return true
    return has('session_id') && (has('transcript_path') || has('tool_name', 'tool_input'))
  },

  async *read(file) {
    const keys = new SessionKeys()
    const answers = new Occurrences()
    for await (const item of jsonItems(file)) {
      if ('fault' in item) yield rejectOf(item.fault, item.position, item.text)
      else yield* outputsOf(item.value, item.position, file, keys, answers)
    }
  },
}

function* outputsOf(
  value: ExactJson,
  position: Position,
  file: SourceFile,
  keys: SessionKeys,
  answers: Occurrences,
): Generator<ReaderOutput> {
  if (isForeign(value)) {
    const call = foreignCallOf(value, file, keys)
    if (call) yield { ...call, position }
    else yield rejectOf('a record of another hook script that names no tool', position, value)
    return
  }
  const event = hookEventOf(value, file)
  if ('problem' in event) {
    yield rejectOf(event.problem, position, value)
    return
  }
  if (isToolEvent(event)) {
    yield { ...toolCallOf(event, keys), position }
    yield* nanoAgentResultsOf(event, file, position, answers)
  } else yield { ...interactionOf(event, position, keys), position }
  yield* chatOf(event, file, position)
}

function* chatOf({ chat }: HookEvent, file: SourceFile, position: Position): Generator<ReaderOutput> {
  const reading = new TranscriptReading(file)
  for (const line of chat) yield* reading.line(line, position)
  yield* reading.end()
}
