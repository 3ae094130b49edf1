import { setImmediate as turn } from 'node:timers/promises'
import {
  UnreadableFile,
  type EvaluationResultInput,
  type Position,
  type Reader,
  type SourceFile,
} from './reader.ts'
import { readers } from './readers/registry.ts'
import { unstorableReason } from './store-results.ts'

export interface Reject extends Position {
  readonly reason: string
  readonly excerpt: string
}

export interface Warning extends Position {
  readonly message: string
}

/** All that a reader found in a file; of one in quarantine, only why. */
export interface Findings {
  readonly records: readonly { readonly record: EvaluationResultInput; readonly position: Position }[]
  readonly rejects: Reject[]
  readonly warnings: Warning[]
  readonly quarantined: boolean
}

const maxExcerpt = 200
/** What has more is not what it was taken for; the answer would be longer than the file. */
const maxRejects = 10_000
/** After so many outputs other requests get their turn: readers compute without a pause. */
const turnEvery = 1000

/** Reads the whole file with its reader; without one, or when it is not what it seems, it is put into quarantine. */
export async function readAll(file: SourceFile, reader: Reader | undefined): Promise<Findings> {
  const quarantine = (reason: string, position: Position, excerpt: string): Findings => ({
    records: [],
    rejects: [{ ...position, reason, excerpt: shorten(excerpt) }],
    warnings: [],
    quarantined: true,
  })
  if (!reader) {
    const known = readers.map((each) => each.id).join(', ')
    return quarantine(`not a known format; known: ${known}`, {}, '')
  }
  try {
    const found = await collect(file, reader)
    return { ...found, quarantined: found.records.length === 0 && found.rejects.length > 0 }
  } catch (error) {
    if (error instanceof UnreadableFile) return quarantine(error.message, error.position, error.excerpt)
    throw error
  }
}

async function collect(file: SourceFile, reader: Reader) {
  const records: { record: EvaluationResultInput; position: Position }[] = []
  const rejects: Reject[] = []
  const warnings: Warning[] = []
  let outputs = 0
  for await (const output of reader.read(file)) {
    if (++outputs % turnEvery === 0) await turn()
    switch (output.kind) {
      case 'evaluation_result': {
        const reason = unstorableReason(output.record)
        if (reason) rejects.push({ ...output.position, reason, excerpt: '' })
        else records.push(output)
        break
      }
      case 'reject':
        rejects.push({ ...output.position, reason: output.reason, excerpt: shorten(output.excerpt) })
        break
      case 'warning':
        warnings.push({ ...output.position, message: output.message })
        break
    }
    if (rejects.length > maxRejects) {
      const [{ reason, excerpt, ...position }] = rejects as [Reject, ...Reject[]]
      const told = `more than ${maxRejects} of its records cannot be read, so that nothing of it went in; the first: ${reason}`
      throw new UnreadableFile(told, position, excerpt)
    }
  }
  return { records, rejects, warnings }
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= maxExcerpt ? line : `${line.slice(0, maxExcerpt - 1).toWellFormed()}…`
}
