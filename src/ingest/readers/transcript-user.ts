import type { RecordOutput } from '../reader.ts'
import { knownFields } from '../normalise/known.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import type { JsonObject } from '../json/exact-json.ts'
import type { SessionKeys } from './session-keys.ts'
import { contentText, objectOf, without } from './session-values.ts'
import { blocksOf, interactionFields, isToolResult, transcriptWeight } from './transcript-line.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** A message to the model: a prompt, results of tools, or what Claude Code says in the user's name. */
export function userMessageOf(line: TranscriptLine, keys: SessionKeys): RecordOutput {
  const { value, session, uuid } = line
  const message = objectOf(value['message'])
  const written = contentText(message['content'])
  const text = written && (typedCommand(written) ?? written)
  const kind = kindOf(value, message)
  // Hooks hear of what the user wrote, not of what one agent tells another.
  const isHeard = kind === 'user_prompt' && text !== undefined && value['isSidechain'] !== true
  const fields = knownFields<AgentInteractionFields>({ ...interactionFields(line), kind, request: text })
  return {
    kind: 'agent_interaction',
    record: {
      naturalKey: uuid === undefined ? keys.said(['user', session ?? null], value) : ['user', uuid],
      ...(isHeard && session !== undefined ? { matchKey: keys.userPrompt(session, text) } : {}),
      weight: transcriptWeight,
      fields,
      raw: { user: rawOf(value, message, text !== written) },
    },
  }
}

function kindOf(value: JsonObject, message: JsonObject): string {
  if (value['isCompactSummary'] === true) return 'compact_summary'
  if (value['isMeta'] === true) return 'meta'
  const blocks = blocksOf(message)
  return blocks.length > 0 && blocks.every(isToolResult) ? 'tool_result' : 'user_prompt'
}

/** A command as the user typed it: `/perf:evaluate lop.md`, where the transcript marks up its parts. */
function typedCommand(text: string): string | undefined {
  const name = /<command-name>\s*([^<]+?)\s*<\/command-name>/.exec(text)?.[1]
  if (name === undefined) return undefined
  const rest = /<command-args>([^]*?)<\/command-args>/.exec(text)?.[1]?.trim()
  return rest ? `${name} ${rest}` : name
}

/** What the line says beyond the text, which the record has, and the results, which their calls have. */
function rawOf(value: JsonObject, message: JsonObject, isMarkedUp: boolean): JsonObject {
  const blocks = blocksOf(message).map((block) => {
    if (isToolResult(block)) return without(block, ['content'])
    return isMarkedUp ? block : without(block, ['text'])
  })
  return {
    ...without(value, ['toolUseResult', 'message']),
    message: { ...message, content: blocks },
  }
}
