import { plainJson } from '../../src/ingest/json/exact-json.ts'
import { jsonItems } from '../../src/ingest/json/json-items.ts'
import type { JsonItem } from '../../src/ingest/json/json-items.ts'
import { UnreadableFile } from '../../src/ingest/reader.ts'
import type { SourceFile } from '../../src/ingest/reader.ts'
import { sourceFile } from './source-file.ts'

/** What is said of an item that the file ends in. */
export const cutShort = 'the file ends in the middle of this item: it was cut short, or was being written'

/** The items of a file, and why it could not be read on. */
export async function readItems(content: string | Uint8Array, open?: SourceFile['open']) {
  const file = { ...sourceFile(content), ...(open ? { open } : {}) }
  const items: JsonItem[] = []
  try {
    for await (const item of jsonItems(file)) items.push(item)
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error
    const { message, position, excerpt } = error
    return { items, refused: { message, position, excerpt } }
  }
  return { items, refused: undefined }
}

/** Their values as plain JSON, or what is wrong with them. */
export function valuesOf(items: readonly JsonItem[]): unknown[] {
  return items.map((item) => ('value' in item ? plainJson(item.value) : item.fault))
}
