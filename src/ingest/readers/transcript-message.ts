import type { ReaderOutput } from '../reader.ts'
import { plainJson } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { knownFields } from '../normalise/known.ts'
import { normaliseModel } from '../normalise/models.ts'
import { readUsage } from '../normalise/usage.ts'
import type { TokenUsage } from '../normalise/usage.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import type { KeyPart } from '../records/record.ts'
import { objectOf, rejectOf, textOf, without } from './session-values.ts'
import { blocksOf, interactionFields, isToolResult, isToolUse, transcriptWeight } from './transcript-line.ts'
import type { TranscriptLine } from './transcript-line.ts'

/** What Claude Code writes for a model where it answered itself. */
const noModel = '<synthetic>'

/**
 * An answer of a model, put together from its lines: each holds one block of it, and the usage as it stood when the
 * block was whole, so that only the last line's is the message's.
 */
export class TranscriptMessage {
  readonly #naturalKey: readonly KeyPart[]
  readonly #first: TranscriptLine
  readonly #texts: string[] = []
  readonly #thoughts: string[] = []
  readonly #blocks: JsonObject[] = []
  readonly #lines: JsonObject[] = []
  #rest: JsonObject = {}
  #restOfMessage: JsonObject = {}
  #usage: ExactJson = null
  #stopReason: string | undefined
  /** About how many characters are held. */
  size = 0

  constructor(naturalKey: readonly KeyPart[], first: TranscriptLine) {
    this.#naturalKey = naturalKey
    this.#first = first
  }

  add({ value }: TranscriptLine): void {
    const message = objectOf(value['message'])
    for (const block of blocksOf(message)) this.#addBlock(block)
    const { uuid = null, parentUuid = null, timestamp = null } = value
    this.#lines.push({ uuid, parentUuid, timestamp })
    this.#rest = { ...this.#rest, ...without(value, ['uuid', 'parentUuid', 'timestamp', 'message']) }
    this.#restOfMessage = { ...this.#restOfMessage, ...without(message, ['content']) }
    this.#usage = message['usage'] ?? this.#usage
    this.#stopReason = textOf(message['stop_reason']) ?? this.#stopReason
    this.size += 500
  }

  *outputs(): Generator<ReaderOutput> {
    const { position } = this.#first
    const told = this.#fields()
    const name = `${this.#naturalKey.slice(0, 2).join(' ')}: usage`
    if (told.problems.length > 0) {
      yield rejectOf(`${name}: ${told.problems.join('; ')}`, position, this.#usage)
      return
    }
    const raw = {
      ...this.#rest,
      message: { ...this.#restOfMessage, content: this.#blocks },
      lines: this.#lines,
    }
    yield {
      kind: 'agent_interaction',
      position,
      record: {
        naturalKey: this.#naturalKey,
        weight: transcriptWeight + Math.min(499, this.#lines.length),
        fields: told.fields,
        ...(told.isAnswer ? { guesses: { success: true } } : {}),
        raw: { message: raw },
      },
    }
    for (const warning of told.warnings) yield { kind: 'warning', message: `${name}: ${warning}`, position }
  }

  #addBlock(block: JsonObject): void {
    const { type, text, thinking } = block
    // What is copied when a session is taken up again stands there twice.
    if (type === 'text' && typeof text === 'string' && !this.#texts.includes(text)) {
      this.#texts.push(text)
      this.size += text.length
    }
    if (type === 'thinking' && typeof thinking === 'string' && !this.#thoughts.includes(thinking)) {
      this.#thoughts.push(thinking)
      this.size += thinking.length
    }
    const rest = without(block, toldMembers(block))
    this.#blocks.push(rest)
    this.size += JSON.stringify(plainJson(rest)).length
  }

  #fields() {
    const model = textOf(this.#restOfMessage['model'])
    const isError = this.#rest['isApiErrorMessage'] === true
    const isAnswer = model !== undefined && model !== noModel && !isError
    // The zeros of a message that no model wrote count nothing.
    const { usage, problems, warnings } = readUsage(isAnswer ? this.#usage : null, 'anthropic')
    const text = textOf(this.#texts.join('\n\n'))
    const fields = knownFields<AgentInteractionFields>({
      ...interactionFields(this.#first),
      kind: 'assistant_message',
      operation: isAnswer || isError ? 'chat' : undefined,
      ...(isAnswer ? normaliseModel(model) : {}),
      responseId: textOf(this.#restOfMessage['id']),
      ...tokensOf(usage),
      ...(this.#stopReason === undefined ? {} : { finishReasons: [this.#stopReason] }),
      ...(isError
        ? { success: false, errorType: textOf(this.#rest['error']) ?? 'api_error', errorMessage: text }
        : { response: text }),
      thinking: textOf(this.#thoughts.join('\n\n')),
    })
    return { fields, isAnswer, problems, warnings }
  }
}

/** The members of a block that fields tell; a signature of a thought says nothing to anyone but the provider. */
function toldMembers(block: JsonObject): string[] {
  if (isToolUse(block)) return ['input']
  if (isToolResult(block)) return ['content']
  return ['text', 'thinking', 'signature']
}

function tokensOf(usage: TokenUsage) {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    totalTokens: usage.totalTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    reasoningTokens: usage.reasoningTokens,
  }
}
