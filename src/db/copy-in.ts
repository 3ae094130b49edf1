import { pipeline } from 'node:stream/promises'
import type { ISql } from 'postgres'

const special = /[\\\n\r\t]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A cell as COPY's text format has it; the text must be such as Postgres can hold. */
export function copyCell(text: string | null): string {
  if (text === null) return '\\N'
  return text.search(special) < 0 ? text : text.replace(special, (mark) => escapes[mark]!)
}

/**
 * Loads rows into a table: the fastest way in.
 * @param sql a client or a transaction that Drizzle does not know, since Drizzle would change its parsers
 * @param chunks whole lines of COPY's text format, each ended by a line feed, in pieces of any size; they are asked for
 * as fast as Postgres takes them
 * @throws what Postgres, or the maker of the chunks, says; nothing is loaded then
 */
export async function copyIn(
  sql: ISql,
  table: string,
  columns: readonly string[],
  chunks: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const names = columns.map((name) => `"${name}"`).join(', ')
  const query = sql.unsafe(`copy "${table}" (${names}) from stdin`)
  const stream = await query.writable()
  // What Postgres says after the stream is there reaches the query alone, which has been answered by then: without this,
  // a refused row would be waited for until the end of time.
  const refused = new Promise<never>((_, reject) => {
    void Object.assign(query, { reject })
  })
  await Promise.race([pipeline(inLargePieces(chunks), stream), refused])
}

const pieceLength = 65_536

/** A message for each row would cost more than the row. */
async function* inLargePieces(chunks: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const chunk of chunks) {
    piece += chunk
    if (piece.length < pieceLength) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
