import type { Position, RecordOutput } from '../reader.ts'
import { normaliseModel } from '../normalise/models.ts'
import { knownFields } from '../normalise/known.ts'
import type { AgentInteractionFields } from '../records/agent-interaction.ts'
import { rawOf } from './hook-log-event.ts'
import type { HookEvent } from './hook-log-event.ts'
import type { SessionKeys } from './session-keys.ts'
import { snakeCase, textOf } from './session-values.ts'

/** Kinds that are not called as their events are. */
const kinds: Readonly<Record<string, string>> = { UserPromptSubmit: 'user_prompt', PreCompact: 'compaction' }

/** Where events put what was said to the agent, and what was said by it. */
const requests = ['prompt', 'custom_instructions'] as const
const responses = ['last_assistant_message', 'message', 'compact_summary'] as const

/** Any event but the two ends of a tool's call, those that we do not know among them. */
export function interactionOf(event: HookEvent, position: Position, keys: SessionKeys): RecordOutput {
  const { name, payload, session, occurred } = event
  const request = requests.find((member) => textOf(payload[member]) !== undefined)
  const response = responses.find((member) => textOf(payload[member]) !== undefined)
  const model = textOf(payload['model'])
  const isFailure = name === 'StopFailure'
  const fields = knownFields<AgentInteractionFields>({
    occurredAt: occurred.at,
    occurredAtSource: occurred.source,
    sessionId: session,
    sequence: BigInt(position.item ?? 1),
    kind: Object.hasOwn(kinds, name) ? kinds[name] : snakeCase(name),
    ...(model === undefined ? {} : normaliseModel(model)),
    agentId: textOf(payload['agent_id']),
    agentName: textOf(payload['agent_type']),
    success: isFailure ? false : undefined,
    errorType: isFailure ? textOf(payload['error']) : undefined,
    errorMessage: isFailure ? textOf(payload['error_details']) : undefined,
    request: request && textOf(payload[request]),
    response: response && textOf(payload[response]),
    permissionMode: textOf(payload['permission_mode']),
    workingDirectory: textOf(payload['cwd']),
  })
  const told = [request, response].filter((member) => member !== undefined)
  return {
    kind: 'agent_interaction',
    record: { ...interactionKeys(event, keys), fields, raw: rawOf(event, told) },
  }
}

/** A prompt is known by what a transcript knows of it as well; nobody else tells of the other events. */
function interactionKeys({ name, payload, session }: HookEvent, keys: SessionKeys) {
  const prompt = payload['prompt']
  if (name !== 'UserPromptSubmit' || typeof prompt !== 'string') {
    return { naturalKey: keys.said(['hook', session ?? null, name], payload) }
  }
  const key = keys.userPrompt(session, prompt)
  return { naturalKey: key, isRetelling: true, ...(session === undefined ? {} : { matchKey: key }) }
}
