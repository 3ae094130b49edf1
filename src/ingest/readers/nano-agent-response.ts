import { createHash } from 'node:crypto'
import type { Position, Reader, ReaderOutput, SourceFile } from '../reader.ts'
import { canonicalJson, plainJson } from './exact-json.ts'
import type { ExactJson } from './exact-json.ts'
import { jsonItems } from './json-items.ts'
import { jsonOutline } from './json-outline.ts'
import { responseRecord } from './nano-agent-response-record.ts'
import { parseResponseItem } from './nano-agent-response-schema.ts'
import { excerptOf, readSourceText } from './source-text.ts'

/**
 * What nano-agent answered, as JSON: one response, an array of them, or one a line; each alone or, with the prompt that
 * led to it, as `{"request": …, "response": …}`.
 */
export const nanoAgentResponse: Reader = {
  id: 'nano-agent-response',
  description: 'nano-agent: PromptNanoAgentResponse as JSON or JSON lines',
  // The program's own figures, unrounded: nothing is nearer to the truth.
  rank: 3,

  detect(head) {
    const names = jsonOutline(head)
    return isResponse(names, '') || (names.has('response') && isResponse(names, 'response.'))
  },

  async *read(file) {
    const seen = new Map<string, number>()
    for (const item of jsonItems(await readSourceText(file, 'a file of responses', 64))) {
      if ('fault' in item) yield reject(item.fault, item.position, item.text)
      else yield* outputsOf(item.value, item.position, file, seen)
    }
  },
}

/** A result that fills the head hides the members that follow it, so that no more than one of them is asked for. */
function isResponse(names: ReadonlySet<string>, prefix: string): boolean {
  const has = (name: string) => names.has(prefix + name)
  const isCall = has('tool_name') || has('hook_event_name')
  return has('success') && !isCall && (has('metadata') || has('execution_time_seconds') || has('result'))
}

function* outputsOf(
  value: ExactJson,
  position: Position,
  file: SourceFile,
  seen: Map<string, number>,
): Generator<ReaderOutput> {
  const item = parseResponseItem(value)
  if ('problems' in item) {
    yield reject(item.problems, position, JSON.stringify(plainJson(value)))
    return
  }
  const sha256 = createHash('sha256').update(canonicalJson(value)).digest('hex')
  const occurrence = (seen.get(sha256) ?? 0) + 1
  seen.set(sha256, occurrence)
  // No file in the key: a response that is copied to another file stays one record.
  const naturalKey = ['nano-agent', sha256, occurrence]
  const { record, warnings } = responseRecord(item, value, file, naturalKey)
  yield { kind: 'evaluation_result', record, position }
  for (const message of warnings) yield { kind: 'warning', message, position }
}

function reject(reason: string, position: Position, text: string): ReaderOutput {
  return { kind: 'reject', reason, position, excerpt: excerptOf(text) }
}
