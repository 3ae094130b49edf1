import type { ReaderOutput, SourceFile } from '../reader.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { isNanoAgentTool, nanoAgentCall } from './nano-agent-call.ts'
import { Occurrences } from './occurrences.ts'
import { textOf } from './session-values.ts'
import { SessionWindow } from './session-window.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** The calls of nano-agent's tool in one transcript: each is told when its answer comes. */
export class TranscriptNanoAgent {
  /** What was asked, by the call's id. */
  readonly #asked = new SessionWindow<ExactJson>(1000, 8 * 2 ** 20)
  readonly #occurrences = new Occurrences()

  /** @param block a call of any tool */
  called(block: JsonObject): void {
    const id = textOf(block['id'])
    if (id === undefined || !isNanoAgentTool(textOf(block['name']) ?? '')) return
    const input = block['input'] ?? null
    this.#asked.put(id, input, JSON.stringify(input).length)
  }

  /** @param block what came back from any tool */
  *answered(block: JsonObject, line: TranscriptLine, file: SourceFile): Generator<ReaderOutput> {
    const id = textOf(block['tool_use_id'])
    const input = id === undefined ? undefined : this.#asked.get(id)
    if (input === undefined) return
    const outputs = nanoAgentCall({
      toolInput: input,
      toolResponse: block['content'] ?? null,
      isError: block['is_error'] === true,
      sessionId: line.session,
      agent: line.agentName,
      occurredAt: line.occurred.at,
      occurredAtSource: line.occurred.source,
      occurrence: (sha256) => this.#occurrences.next(Buffer.from(sha256, 'hex')),
      sourceKey: file.sha256,
      rawName: 'tool_result',
    })
    for (const output of outputs) yield { ...output, position: line.position }
  }
}
