import type { Position, Reader, ReaderOutput, SourceFile } from '../reader.ts'
import { plainJson } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { jsonItems } from '../json/json-items.ts'
import { jsonOutline } from '../json/json-outline.ts'
import { responseRecord } from './nano-agent-response-record.ts'
import { parseResponseItem } from './nano-agent-response-schema.ts'
import { Occurrences } from './occurrences.ts'
import { excerptOf } from './source-text.ts'

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
    const seen = new Occurrences()
    for await (const item of jsonItems(file)) {
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
  seen: Occurrences,
): Generator<ReaderOutput> {
  const found = parseResponseItem(value)
  if ('problems' in found) {
    yield reject(found.problems, position, JSON.stringify(plainJson(value)))
    return
  }
  const { record, warnings } = responseRecord(found.item, found.response, {
    occurred: file.fallbackTime,
    run: `nano-agent-response:${file.sha256.slice(0, 16)}`,
    occurrence: (sha256) => seen.next(Buffer.from(sha256, 'hex')),
    raw: found.response === value ? { response: value } : { response_item: value },
  })
  yield { kind: 'evaluation_result', record, position }
  for (const message of warnings) yield { kind: 'warning', message, position }
}

function reject(reason: string, position: Position, text: string): ReaderOutput {
  return { kind: 'reject', reason, position, excerpt: excerptOf(text) }
}
