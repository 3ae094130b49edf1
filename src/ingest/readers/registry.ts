import type { Reader } from '../reader.ts'
import { nanoAgentReport } from './nano-agent-report.ts'
import { nanoAgentResponse } from './nano-agent-response.ts'

export const readers: readonly Reader[] = [nanoAgentReport, nanoAgentResponse]

/** @throws Error for a name that is none: callers check names first, so that it would be a bug */
export function readerById(id: string): Reader {
  const reader = readers.find((each) => each.id === id)
  if (!reader)
    throw new Error(`unknown input format ${id}; known: ${readers.map((each) => each.id).join(', ')}`)
  return reader
}

/** The reader that knows what a file's first 64 KiB hold; undefined for none. */
export function detectReader(head: string): Reader | undefined {
  return readers.find((reader) => reader.detect(head))
}
