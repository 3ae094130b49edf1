import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangeKind } from './changes.ts'
import type { FaultKind } from './faults.ts'

/** Where and with what a run was made. */
export interface RunLine {
  readonly kind: 'run'
  readonly at: string
  readonly seed: number
  readonly machine: string
  readonly versions: string
}

export interface FaultLine {
  readonly kind: 'fault'
  readonly at: string
  readonly fault: FaultKind | ChangeKind
  /** What it met. */
  readonly what: string
}

/** From the kill of a process to the next attempt's claim, for one export that it had. */
export interface RecoveryLine {
  readonly kind: 'recovery'
  readonly job: string
  readonly milliseconds: number
}

/** From SIGTERM to the end of a process. */
export interface ExitLine {
  readonly kind: 'exit'
  readonly milliseconds: number
}

export interface ExportLine {
  readonly kind: 'export'
  readonly id: string
  readonly dataset: string
  readonly format: string
  readonly size: string
  readonly input: object
  readonly partBytes: number
  readonly status: string
  readonly attempts: number
  /** How many parts of earlier attempts were gone on with, over all attempts. */
  readonly partsResumed: number
  readonly parts: number
  readonly rows: number
  readonly bytes: number
  readonly seconds: number
  readonly bytesEqual: boolean
  readonly rowsEqual: boolean
  /** Empty: all is well. */
  readonly problems: readonly string[]
}

/** What a fault hit beside exports, as it may: a request without an answer, a change that was rolled back. */
export interface HitLine {
  readonly kind: 'hit'
  readonly at: string
  readonly what: string
}

/** Something that went wrong beside the exports that were compared. */
export interface TroubleLine {
  readonly kind: 'trouble'
  readonly at: string
  readonly what: string
}

export type ResultLine = RunLine | FaultLine | RecoveryLine | ExitLine | ExportLine | HitLine | TroubleLine

/** What all runs on a folder have found, one line of JSON each. */
export interface Results {
  readonly lines: readonly ResultLine[]
  readonly exports: number
  /** Lines of one round together: of a round that is interrupted, none is kept. */
  add(lines: readonly ResultLine[]): Promise<void>
}

export async function openResults(folder: string): Promise<Results> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'results.jsonl')
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return ''
  })
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultLine)
  return {
    lines,
    get exports() {
      return lines.filter(({ kind }) => kind === 'export').length
    },
    async add(more) {
      lines.push(...more)
      await appendFile(path, more.map((line) => `${JSON.stringify(line)}\n`).join(''))
    },
  }
}
