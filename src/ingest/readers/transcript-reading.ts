import type { Position, ReaderOutput, SourceFile } from '../reader.ts'
import { isJsonObject } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { instantOf } from '../normalise/timestamps.ts'
import { described } from '../normalise/usage-members.ts'
import { SessionKeys } from './session-keys.ts'
import { objectOf, rejectOf, textOf } from './session-values.ts'
import { SessionWindow } from './session-window.ts'
import { blocksOf, isToolResult, isToolUse } from './transcript-line.ts'
import type { TranscriptLine } from './transcript-line.ts'
import { TranscriptMessage } from './transcript-message.ts'
import { TranscriptNanoAgent } from './transcript-nano-agent.ts'
import { isKnownType, otherLineOf } from './transcript-other.ts'
import { TranscriptSidechains } from './transcript-sidechains.ts'
import { toolResultOf, toolUseOf } from './transcript-tool-calls.ts'
import { userMessageOf } from './transcript-user.ts'

/** More types than that make no transcript: of the others nothing is said. */
const maxUnknownTypes = 100

/** What one transcript tells, line by line. */
export class TranscriptReading {
  readonly #file: SourceFile
  readonly #keys = new SessionKeys()
  /** Messages of which more lines may come: sub-agents that run at the same time write theirs in between. */
  readonly #messages = new SessionWindow<TranscriptMessage>(100, 4 * 2 ** 20)
  readonly #sidechains = new TranscriptSidechains()
  readonly #nanoAgent = new TranscriptNanoAgent()
  readonly #uuids = new SessionWindow<true>(10_000)
  readonly #callIds = new SessionWindow<true>(10_000)
  readonly #unknownTypes = new Set<string>()
  #lastTime: string | undefined
  #lines = 0n

  constructor(file: SourceFile) {
    this.#file = file
  }

  *line(value: ExactJson, position: Position): Generator<ReaderOutput> {
    this.#lines++
    const type = isJsonObject(value) ? textOf(value['type']) : undefined
    if (!isJsonObject(value)) {
      yield rejectOf(`expected an object, found ${described(value)}`, position, value)
    } else if (type === undefined) {
      yield rejectOf('has no type, so that it is no line of a transcript', position, value)
    } else {
      const line = this.#lineOf(type, value, position)
      if (line.uuid !== undefined && this.#uuids.has(line.uuid)) return
      if (line.uuid !== undefined) this.#uuids.put(line.uuid, true)
      yield* this.#outputs(line)
    }
  }

  /** What is left to say when no line follows. */
  *end(): Generator<ReaderOutput> {
    for (const message of this.#messages.drain()) yield* message.outputs()
  }

  *#outputs(line: TranscriptLine): Generator<ReaderOutput> {
    const { type, value, position } = line
    const isMessage = (type === 'assistant' || type === 'user') && isJsonObject(value['message'])
    if (isMessage) yield* this.#toolCalls(line)
    if (isMessage && type === 'assistant') yield* this.#answer(line)
    else if (isMessage) yield { ...userMessageOf(line, this.#keys), position }
    else {
      yield { ...otherLineOf(line, this.#keys), position }
      yield* this.#unknownType(line)
    }
  }

  *#answer(line: TranscriptLine): Generator<ReaderOutput> {
    const { id } = objectOf(line.value['message'])
    const requestId = textOf(line.value['requestId']) ?? null
    const naturalKey =
      textOf(id) === undefined
        ? line.uuid === undefined
          ? this.#keys.said(['message', requestId], line.value)
          : ['message', requestId, line.uuid]
        : ['message', textOf(id)!]
    const key = naturalKey.join(' ')
    const message = this.#messages.get(key) ?? new TranscriptMessage(naturalKey, line)
    message.add(line)
    for (const left of this.#messages.put(key, message, message.size)) yield* left.outputs()
  }

  *#toolCalls(line: TranscriptLine): Generator<ReaderOutput> {
    const { value, position } = line
    const blocks = blocksOf(objectOf(value['message']))
    // Of several results in one line, no one says whose it is.
    const isOnlyResult = blocks.filter(isToolResult).length === 1
    for (const block of blocks) {
      if (isToolUse(block)) {
        const id = textOf(block['id'])
        if (id !== undefined && this.#callIds.has(id)) continue
        if (id !== undefined) this.#callIds.put(id, true)
        const call = toolUseOf(block, line, this.#keys)
        if (call) yield { ...call, position }
        else yield rejectOf('a tool call that names no tool', position, block)
        this.#sidechains.started(objectOf(block['input']))
        this.#nanoAgent.called(block)
      } else if (isToolResult(block)) {
        const result = isOnlyResult ? (value['toolUseResult'] ?? undefined) : undefined
        const call = toolResultOf(block, line, result)
        if (call) yield { ...call, position }
        else yield rejectOf('a tool result that does not say of which call', position, block)
        yield* this.#nanoAgent.answered(block, line, this.#file)
      }
    }
  }

  *#unknownType({ type, position }: TranscriptLine): Generator<ReaderOutput> {
    const isNews = !isKnownType(type) && !this.#unknownTypes.has(type)
    if (!isNews || this.#unknownTypes.size === maxUnknownTypes) return
    this.#unknownTypes.add(type)
    const message = `lines of the type ${described(type)} are not known; they are kept as they are`
    yield { kind: 'warning', message, position }
  }

  #lineOf(type: string, value: JsonObject, position: Position): TranscriptLine {
    const written = textOf(value['timestamp'])
    const own = written === undefined ? undefined : instantOf(written)
    const { at, source } = this.#file.fallbackTime
    if (own) this.#lastTime = own.at
    return {
      type,
      value,
      uuid: textOf(value['uuid']),
      session: textOf(value['sessionId']),
      position,
      sequence: this.#lines,
      // The line before is nearer than the file's time, but no more than that is known.
      occurred: own ?? { at: this.#lastTime ?? at, source },
      hasOwnTime: own !== undefined,
      agentName: this.#sidechains.agentOf(value),
    }
  }
}
