import type { Readable } from 'node:stream'
import type { PendingQuery, Row, Sql } from 'postgres'
import type { Cell } from '../core/record-batch.ts'

/** The answer to a query as Postgres printed it, one line a row. */
export interface PrintedRows {
  readonly isEmpty: boolean
  /** Costs next to nothing: what comes after it can be asked for before the others are parsed. */
  lastRow(): readonly Cell[]
  rows(): Cell[][]
}

/**
 * Runs a query and returns its rows as Postgres prints them. By COPY: its text comes in large pieces and is cut by the
 * engine's own string functions, which takes a third of the time that a message and a buffer for each cell take.
 * @param query without parameters, since COPY takes none: every value in it must be quoted
 * @param before a statement whose effect the query is to have, in the same transaction and the same message
 * @throws also when the connection breaks in the middle; never returns a part
 */
export async function copyRows(client: Sql, query: string, before?: string): Promise<PrintedRows> {
  const copy = `copy (${query}) to stdout`
  const chunks = await readAnswer(client.unsafe(before === undefined ? copy : `${before}; ${copy}`))
  const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()
  return {
    isEmpty: text === '',
    // Every line is ended by a line feed; those inside values are printed as escapes.
    lastRow: () => parseLine(text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1)),
    rows() {
      const lines = text.split('\n')
      lines.pop()
      return lines.map(parseLine)
    },
  }
}

/**
 * Listens to the stream from the moment that it is there. Postgres may say in one breath that an answer begins and that it
 * has failed; whoever awaits the stream hears of it only after it has broken, which then nobody catches.
 */
async function readAnswer(query: PendingQuery<Row[]>): Promise<readonly Buffer[]> {
  const answered = (query as unknown as { resolve: (answer: unknown) => void }).resolve
  let answer: Promise<readonly Buffer[]> | undefined
  void Object.assign(query, {
    resolve(stream: Readable) {
      // It is called once more when the query has ended.
      if (!answer) {
        answer = readAll(stream)
        // Awaited below; until then a failure must not count as unhandled.
        answer.catch(() => {})
      }
      answered(stream)
    },
  })
  await query.readable()
  return answer!
}

/**
 * By a listener for data, not by iterating: postgres.js pauses its socket when a chunk fills the stream, and when the end
 * came in the same breath nothing sets it going again, so that the connection's next query waits for ever
 * (porsager/postgres#499). A stream that flows is never full.
 */
async function readAll(stream: Readable): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('end', resolve)
    stream.once('error', reject)
  })
  return chunks
}

function parseLine(line: string): Cell[] {
  const cells: Cell[] = line.split('\t')
  if (line.includes('\\')) {
    for (let column = 0; column < cells.length; column++) {
      const cell = cells[column]!
      if (cell === '\\N') cells[column] = null
      else if (cell.includes('\\')) cells[column] = cell.replace(/\\(.)/g, unescape)
    }
  }
  return cells
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

function unescape(_: string, letter: string): string {
  return escapes[letter] ?? letter
}
