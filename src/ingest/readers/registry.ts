import type { Reader } from '../reader.ts'
import { evaluationTest } from './evaluation-test.ts'
import { hookLog } from './hook-log.ts'
import { nanoAgentReport } from './nano-agent-report.ts'
import { nanoAgentResponse } from './nano-agent-response.ts'
import { ownCsv } from './own-csv.ts'
import { ownJson } from './own-json.ts'
import { transcript } from './transcript.ts'

/** The first that knows a file is believed: a HOP shows the tables of the report that it asks for. */
export const readers: readonly Reader[] = [
  evaluationTest,
  ownJson,
  ownCsv,
  nanoAgentReport,
  nanoAgentResponse,
  hookLog,
  transcript,
]

/** The reader that knows what a file's first 64 KiB hold; undefined for none. */
export function detectReader(head: string): Reader | undefined {
  return readers.find((reader) => reader.detect(head))
}
