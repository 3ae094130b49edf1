import type { Position, ReaderOutput } from '../reader.ts'
import { isJsonObject, plainJson } from '../json/exact-json.ts'
import type { ExactJson, JsonObject } from '../json/exact-json.ts'
import { excerptOf } from './source-text.ts'

/** A text that says something; undefined for an empty one and for everything else. */
export function textOf(value: ExactJson | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function flagOf(value: ExactJson | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

export function objectOf(value: ExactJson | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

/** The object without the members of these names. */
export function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

/** The text of a message's content: a text, or the text blocks of a list, with a blank line between them. */
export function contentText(content: ExactJson | undefined): string | undefined {
  if (!Array.isArray(content)) return textOf(content)
  const texts = content.flatMap((block) => {
    const { type, text } = objectOf(block)
    return type === 'text' && typeof text === 'string' ? [text] : []
  })
  return textOf(texts.join('\n\n'))
}

/** `PostToolUse` -> `post_tool_use`, `file-history-snapshot` -> `file_history_snapshot`. */
export function snakeCase(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

export function rejectOf(reason: string, position: Position, found: ExactJson): ReaderOutput {
  const text = typeof found === 'string' ? found : JSON.stringify(plainJson(found))
  return { kind: 'reject', reason, position, excerpt: excerptOf(text) }
}
