import { createHash } from 'node:crypto'
import type { JsonObject } from '../json/exact-json.ts'
import { contentText, objectOf, textOf } from './session-values.ts'
import { SessionWindow } from './session-window.ts'

/**
 * Which sub-agent wrote the lines of a sidechain. No line says it: a sidechain begins with the prompt of the call that
 * started it, and that call names the agent. Where several agents were given the same prompt, it is not known.
 */
export class TranscriptSidechains {
  /** By prompt; null where it is not one agent's alone. */
  readonly #started = new SessionWindow<string | null>(1000)
  /** By the uuid of a line. */
  readonly #agents = new SessionWindow<string>(10_000)

  /** @param input of a call that starts a sub-agent; any other says nothing here */
  started(input: JsonObject): void {
    const agent = textOf(input['subagent_type'])
    const prompt = textOf(input['prompt'])
    if (agent === undefined || prompt === undefined) return
    const key = keyOf(prompt)
    const present = this.#started.get(key)
    this.#started.put(key, present === undefined || present === agent ? agent : null)
  }

  agentOf(line: JsonObject): string | undefined {
    if (line['isSidechain'] !== true) return undefined
    const parent = textOf(line['parentUuid'])
    const agent = parent === undefined ? this.#startedBy(line) : this.#agents.get(parent)
    const uuid = textOf(line['uuid'])
    if (agent !== undefined && uuid !== undefined) this.#agents.put(uuid, agent)
    return agent
  }

  #startedBy(line: JsonObject): string | undefined {
    const prompt = contentText(objectOf(line['message'])['content'])
    return (prompt !== undefined && this.#started.get(keyOf(prompt))) || undefined
  }
}

function keyOf(prompt: string): string {
  return createHash('sha256').update(prompt).digest('base64')
}
