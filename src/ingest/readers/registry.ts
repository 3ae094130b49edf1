import type { Reader } from '../reader.ts'
import { nanoAgentReport } from './nano-agent-report.ts'
import { nanoAgentResponse } from './nano-agent-response.ts'

export const readers: readonly Reader[] = [nanoAgentReport, nanoAgentResponse]

/** The reader that knows what a file's first 64 KiB hold; undefined for none. */
export function detectReader(head: string): Reader | undefined {
  return readers.find((reader) => reader.detect(head))
}
