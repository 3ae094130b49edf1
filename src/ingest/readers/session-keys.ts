import { createHash } from 'node:crypto'
import { canonicalJson } from '../json/exact-json.ts'
import type { ExactJson } from '../json/exact-json.ts'
import type { KeyPart } from '../records/record.ts'
import { Occurrences } from './occurrences.ts'

/**
 * Names for what happens in a session that need no id, so that a hook log and a transcript give the same name to the
 * same thing: the session, what was said, and which of such it was. One object counts for one file.
 */
export class SessionKeys {
  readonly #occurrences = new Occurrences()

  /** @param end which end of the call is told of: each is counted for itself, so that both get the same name */
  toolCall(
    session: string | undefined,
    tool: string,
    input: ExactJson | undefined,
    end: 'start' | 'end',
  ): KeyPart[] {
    const call = ['tool_call', session ?? null, tool, sha256(canonicalJson(input ?? null))]
    return [...call, this.#nth([...call, end])]
  }

  userPrompt(session: string | undefined, prompt: string): KeyPart[] {
    const asked = ['user_prompt', session ?? null, sha256(prompt.trim())]
    return [...asked, this.#nth(asked)]
  }

  /** Anything else, by all that is said of it. */
  said(names: readonly KeyPart[], value: ExactJson): KeyPart[] {
    const said = [...names, sha256(canonicalJson(value))]
    return [...said, this.#nth(said)]
  }

  #nth(key: readonly KeyPart[]): number {
    return this.#occurrences.next(createHash('sha256').update(JSON.stringify(key)).digest())
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
