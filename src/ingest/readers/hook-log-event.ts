import type { SourceFile } from '../reader.ts'
import { isJsonObject, numberText } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { instantOf } from '../normalise/timestamps.ts'
import type { Instant } from '../normalise/timestamps.ts'
import { described } from '../normalise/usage-members.ts'
import { snakeCase, textOf, without } from './session-values.ts'

/** What a hook was told, whoever wrote it down. */
export interface HookEvent {
  /** As Claude Code names it, e.g. `PostToolUse`. */
  readonly name: string
  readonly session: string | undefined
  /** As Claude Code gave it to the hook. */
  readonly payload: JsonObject
  readonly occurred: Instant
  /** What a sender of events wrote around the payload; undefined where a hook wrote the payload alone. */
  readonly envelope: JsonObject | undefined
  /** The session's transcript up to the event, which a sender may send along. */
  readonly chat: readonly ExactJson[]
}

/** An item of a hook log, or why it tells of no event. */
export function hookEventOf(value: ExactJson, file: SourceFile): HookEvent | { readonly problem: string } {
  if (!isJsonObject(value)) return { problem: `expected an object, found ${described(value)}` }
  if (!isEnvelope(value)) {
    const name = textOf(value['hook_event_name']) ?? guessedName(value)
    if (name === undefined) return { problem: 'names no event, tool or prompt' }
    const payload = { payload: value, envelope: undefined, chat: [] }
    return { name, session: sessionOf(value), occurred: file.fallbackTime, ...payload }
  }
  const { payload, chat } = value
  if (!isJsonObject(payload)) return { problem: `payload: expected an object, found ${described(payload!)}` }
  const name = textOf(payload['hook_event_name']) ?? textOf(value['hook_event_type']) ?? guessedName(payload)
  if (name === undefined) return { problem: 'names no event, tool or prompt' }
  const hasChat = Array.isArray(chat)
  return {
    name,
    session: sessionOf(payload) ?? sessionOf(value),
    payload,
    occurred: instantOfMember(value['timestamp']) ?? file.fallbackTime,
    envelope: without(value, hasChat ? ['payload', 'chat'] : ['payload']),
    chat: hasChat ? (chat as readonly ExactJson[]) : [],
  }
}

/** The session's id; hooks write `unknown` or nothing where they were told none. */
export function sessionOf(payload: JsonObject): string | undefined {
  const session = textOf(payload['session_id'])
  return session === 'unknown' ? undefined : session
}

/** A time as text, or in milliseconds or seconds since 1970. */
export function instantOfMember(value: ExactJson | undefined): Instant | undefined {
  if (typeof value === 'string') return instantOf(value)
  const time = Number(numberText(value))
  // As milliseconds these would be before 1973, as seconds they reach to the year 5138.
  const date = new Date(Math.abs(time) < 1e11 ? time * 1000 : time)
  return Number.isNaN(date.getTime()) ? undefined : instantOf(date.toISOString())
}

/** What an event says beyond the members that fields tell, and what was written around it. */
export function rawOf(
  { name, payload, envelope }: HookEvent,
  told: readonly string[],
): Record<string, unknown> {
  const raw: Record<string, unknown> = { [snakeCase(name)]: without(payload, told) }
  if (envelope !== undefined) raw[`sent_${snakeCase(name)}`] = envelope
  return raw
}

function isEnvelope(value: JsonObject): boolean {
  return Object.hasOwn(value, 'payload') && !Object.hasOwn(value, 'hook_event_name')
}

/** The first hooks were told no name of their event. */
function guessedName(payload: JsonObject): string | undefined {
  if (textOf(payload['tool_name']) !== undefined) {
    return Object.hasOwn(payload, 'tool_response') ? 'PostToolUse' : 'PreToolUse'
  }
  return typeof payload['prompt'] === 'string' ? 'UserPromptSubmit' : undefined
}
