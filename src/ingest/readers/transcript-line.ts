import type { Position } from '../reader.ts'
import { isJsonObject } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { knownFields } from '../normalise/known.ts'
import type { Instant } from '../normalise/timestamps.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import type { ToolCallFields } from '../records/tool-call.ts'
import { flagOf, textOf } from './session-values.ts'

/** A line of a transcript. */
export interface TranscriptLine {
  readonly type: string
  readonly value: JsonObject
  readonly uuid: string | undefined
  readonly session: string | undefined
  readonly position: Position
  /** Its place in the transcript, from 1. */
  readonly sequence: bigint
  /** Its own time, or the best that is known for a line without one. */
  readonly occurred: Instant
  readonly hasOwnTime: boolean
  /** The sub-agent that wrote it, by name, where that is known. */
  readonly agentName: string | undefined
}

/** A transcript has seen the whole of what it tells, a hook log one end: of the same rank, the transcript is believed. */
export const transcriptWeight = 500

/** What a line says of any interaction. */
export function interactionFields(line: TranscriptLine): AgentInteractionFields {
  const { value, occurred } = line
  return knownFields<AgentInteractionFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    sessionId: line.session,
    sequence: line.sequence,
    parentId: textOf(value['parentUuid']),
    agentId: textOf(value['agentId']),
    agentName: line.agentName,
    isSidechain: flagOf(value['isSidechain']),
    permissionMode: textOf(value['permissionMode']),
    clientVersion: textOf(value['version']),
    gitBranch: textOf(value['gitBranch']),
    workingDirectory: textOf(value['cwd']),
  })
}

/** What a line says of any tool call in it. */
export function toolCallFields(line: TranscriptLine): ToolCallFields {
  const { value, occurred } = line
  return knownFields<ToolCallFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    sessionId: line.session,
    agentId: textOf(value['agentId']),
    isSidechain: flagOf(value['isSidechain']),
  })
}

/** The blocks of a message; a message that is a mere text is one block of it. */
export function blocksOf(message: JsonObject): readonly JsonObject[] {
  const content: ExactJson | undefined = message['content']
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return Array.isArray(content) ? content.filter(isJsonObject) : []
}

/** A call by the agent, or by the provider on its behalf: `tool_use`, `server_tool_use`, `mcp_tool_use`. */
export function isToolUse(block: JsonObject): boolean {
  return /(?:^|_)tool_use$/.test(textOf(block['type']) ?? '')
}

/** What came back: `tool_result`, `web_search_tool_result` and the like. */
export function isToolResult(block: JsonObject): boolean {
  return /(?:^|_)tool_result$/.test(textOf(block['type']) ?? '')
}
