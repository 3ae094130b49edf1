import { createHash } from 'node:crypto'
import { canonicalJson, isJsonObject, plainJson } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import { JsonFault, parseExactJson } from '../json/json-parser.ts'
import { knownFields } from '../normalise/known.ts'
import { normaliseModel } from '../normalise/models.ts'
import type { RecordOutput } from '../reader.ts'
import type { EvaluationResultFields } from '../records/evaluation-result.ts'
import type { OccurredAtSource } from '../records/record.ts'
import { responseRecord } from './nano-agent-response-record.ts'
import { parseResponseItem } from './nano-agent-response-schema.ts'
import { contentText, objectOf, textOf } from './session-values.ts'
import { excerptOf } from './source-text.ts'

/** A call of nano-agent's tool, as an agent's session tells of it. */
export interface NanoAgentCall {
  readonly toolInput: ExactJson | undefined
  /** Blocks of text, a text, or the response itself. */
  readonly toolResponse: ExactJson
  /** The session says that the call failed, so that a text may be all that came back. */
  readonly isError?: boolean | undefined
  readonly sessionId?: string | undefined
  /** The agent that called. */
  readonly agent?: string | undefined
  readonly occurredAt: string
  readonly occurredAtSource: OccurredAtSource
  /** How many times the digest has come in this source, from 1: asked once for every record. */
  occurrence(sha256: string): number
  /** What tells this source from others, e.g. the SHA-256 of its file. */
  readonly sourceKey: string
  /** The name of this kind of telling in `raw`. */
  readonly rawName: string
}

/** What a reader has to say of a call; the position is its own to add. */
export type NanoAgentOutput =
  | Extract<RecordOutput, { kind: 'evaluation_result' }>
  | { readonly kind: 'reject'; readonly reason: string; readonly excerpt: string }
  | { readonly kind: 'warning'; readonly message: string }

/** Whether a tool is nano-agent's own, by the name that a client gives to a tool of an MCP server. */
export function isNanoAgentTool(toolName: string): boolean {
  return /^mcp__nano[-_]agent__prompt_nano_agent$/.test(toolName)
}

/** The evaluation result that a finished call is, under the key that the response has wherever it stands. */
export function nanoAgentCall(call: NanoAgentCall): NanoAgentOutput[] {
  const text = contentText(call.toolResponse)
  const response = responseIn(call.toolResponse, text)
  const found =
    'problem' in response
      ? { problems: response.problem }
      : parseResponseItem({ request: call.toolInput ?? null, response: response.value })
  if ('problems' in found) {
    if (call.isError === true && text !== undefined) return [failureOf(call, text)]
    const excerpt = excerptOf(text ?? JSON.stringify(plainJson(call.toolResponse)))
    return [{ kind: 'reject', reason: `no response of nano-agent: ${found.problems}`, excerpt }]
  }
  const { record, warnings } = responseRecord(found.item, found.response, {
    occurred: { at: call.occurredAt, source: call.occurredAtSource },
    run: runOf(call),
    sessionId: call.sessionId,
    agent: call.agent,
    occurrence: (sha256) => call.occurrence(sha256),
    raw: rawOf(call, found.response),
  })
  return [
    { kind: 'evaluation_result', record },
    ...warnings.map((message) => ({ kind: 'warning' as const, message })),
  ]
}

function responseIn(
  toolResponse: ExactJson,
  text: string | undefined,
): { value: ExactJson } | { problem: string } {
  if (isJsonObject(toolResponse)) return { value: toolResponse }
  if (text === undefined) return { problem: 'no text came back' }
  try {
    return { value: parseExactJson(text) }
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    return { problem: `the text cannot be read as JSON: column ${error.offset + 1}: ${error.message}` }
  }
}

/** A call that its MCP server answered with an error, such as one that took too long. */
function failureOf(call: NanoAgentCall, errorMessage: string): NanoAgentOutput {
  const request = objectOf(call.toolInput)
  const model = textOf(request['model'])?.trim()
  const fields = knownFields<EvaluationResultFields>({
    occurredAt: call.occurredAt,
    occurredAtSource: call.occurredAtSource,
    run: runOf(call),
    framework: 'nano-agent',
    ...(model
      ? { ...normaliseModel(model, textOf(request['provider'])), modelAsWritten: model }
      : { model: 'unknown' }),
    agent: call.agent,
    sessionId: call.sessionId,
    success: false,
    successSource: 'reported',
    errorType: 'McpError',
    errorMessage,
    prompt: textOf(request['agentic_prompt']),
  })
  const source = call.sessionId ?? call.sourceKey
  const asked = canonicalJson([source, call.toolInput ?? null, errorMessage])
  const sha256 = createHash('sha256').update(asked).digest('hex')
  return {
    kind: 'evaluation_result',
    record: {
      // Errors have few words: the same ones to another request or in another session are another result.
      naturalKey: ['nano-agent', 'mcp_error', sha256, call.occurrence(sha256)],
      fields,
      raw: rawOf(call, errorMessage),
    },
  }
}

function runOf({ sessionId, sourceKey }: NanoAgentCall): string {
  return sessionId === undefined
    ? `nano-agent-response:${sourceKey.slice(0, 16)}`
    : `nano-agent-session:${sessionId}`
}

function rawOf({ rawName, toolInput }: NanoAgentCall, response: ExactJson) {
  return { [rawName]: toolInput === undefined ? { response } : { request: toolInput, response } }
}
