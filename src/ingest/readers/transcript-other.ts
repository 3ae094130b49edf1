import type { RecordOutput } from '../reader.ts'
import { knownFields } from '../normalise/known.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import type { SessionKeys } from './session-keys.ts'
import { snakeCase, textOf, without } from './session-values.ts'
import { interactionFields, transcriptWeight } from './transcript-line.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** The types of lines that Claude Code is known to write. */
const knownTypes: ReadonlySet<string> = new Set([
  'agent-name',
  'ai-title',
  'assistant',
  'attachment',
  'custom-title',
  'file-history-snapshot',
  'last-prompt',
  'mode',
  'permission-mode',
  'pr-link',
  'progress',
  'queue-operation',
  'summary',
  'system',
  'tag',
  'user',
])

export function isKnownType(type: string): boolean {
  return knownTypes.has(type)
}

/** Any line that is no message. */
export function otherLineOf(line: TranscriptLine, keys: SessionKeys): RecordOutput {
  const { type, value, uuid } = line
  const told = ['content', 'summary'].find((member) => textOf(value[member]) !== undefined)
  const text = told && textOf(value[told])
  const isError = type === 'system' && value['level'] === 'error'
  const fields = knownFields<AgentInteractionFields>({
    ...interactionFields(line),
    kind: kindOf(line),
    // A prompt that waits in a queue is the user's; everything else is said to him.
    ...(type === 'queue-operation' ? { request: text } : { response: text }),
    errorType: isError ? (textOf(value['subtype']) ?? 'error') : undefined,
  })
  return {
    kind: 'agent_interaction',
    record: {
      naturalKey: uuid === undefined ? keys.said(['line'], value) : ['line', uuid],
      weight: transcriptWeight,
      fields,
      raw: { [snakeCase(type)]: without(value, told === undefined ? [] : [told]) },
    },
  }
}

function kindOf({ type, value }: TranscriptLine): string {
  return type === 'system' && value['subtype'] === 'compact_boundary' ? 'compaction' : snakeCase(type)
}
