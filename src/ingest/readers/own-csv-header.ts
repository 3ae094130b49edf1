import { UnreadableFile } from '../reader.ts'
import type { SourceFile } from '../reader.ts'
import { nearestTable, tableOf } from './own-tables.ts'

/** The first line of a file of our own columns. */
export interface CsvHeader {
  readonly delimiter: string
  readonly names: readonly string[]
}

const maxHeaderBytes = 64 * 1024
const delimiters = [',', ';', '\t'] as const

/** A file's first line as a header, cut where most of its names are known. */
export function csvHeader(firstLine: string): CsvHeader {
  const line = firstLine.replace(/^\ufeff/, '').replace(/\r$/, '')
  const headers = delimiters.map((delimiter) => ({
    delimiter,
    names: line.split(delimiter).map((name) => /^"(.*)"$/.exec(name.trim())?.[1] ?? name.trim()),
  }))
  return headers.reduce((best, each) => (knownNames(each) > knownNames(best) ? each : best))
}

/** Whether a file's first line names fields of one dataset and nothing else. */
export function isOwnHeader(firstLine: string): boolean {
  return tableOf(new Set(csvHeader(firstLine).names)) !== undefined
}

function knownNames({ names }: CsvHeader): number {
  const set = new Set(names)
  const known = nearestTable(set)?.dataset.fields.filter((field) => set.has(field.name))
  return known?.length ?? 0
}

/** A file's bytes in pieces, the first of which holds the whole first line, without a byte-order mark. */
export async function* fromFirstLine(file: SourceFile): AsyncGenerator<Buffer> {
  let beginning: Buffer | undefined = Buffer.alloc(0)
  for await (const bytes of file.open()) {
    if (!beginning) {
      yield Buffer.from(bytes)
      continue
    }
    beginning = Buffer.concat([beginning, bytes])
    const isWhole = beginning.includes(0x0a)
    if (!isWhole && beginning.length > maxHeaderBytes) {
      throw new UnreadableFile('its first line is longer than 64 KiB', { line: 1 })
    }
    if (isWhole) {
      yield withoutMark(beginning)
      beginning = undefined
    }
  }
  if (beginning && beginning.length > 0) yield withoutMark(beginning)
}

function withoutMark(beginning: Buffer): Buffer {
  const mark = beginning.toString('hex', 0, 3)
  if (/^(?:fffe|feff)/.test(mark)) throw new UnreadableFile('is UTF-16; it must be UTF-8', { line: 1 })
  return beginning.subarray(mark === 'efbbbf' ? 3 : 0)
}

export function firstLineOf(beginning: Buffer): string {
  return beginning.toString('utf8').split('\n', 1)[0]!
}
