import type { RowReader } from './row-reader.ts'

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const lineFeed = 0x0a
/** Of a key: longer ones are none of ours. */
const maxKeyBytes = 64 * 1024

/**
 * Counts the objects of a JSON array, or of NDJSON, and compares their keys. It follows structure alone, byte by byte, so
 * that a value of any size passes without being held; whether numbers and words are spelt well, it does not ask.
 */
export function jsonRows(columns: readonly string[], format: 'json' | 'ndjson'): RowReader {
  const spelt = columns.map((column) => Buffer.from(JSON.stringify(column)).toString('latin1').slice(1, -1))
  /** The nesting at which a record stands. */
  const outside = format === 'json' ? 1 : 0
  const inside = outside + 1
  let offset = 0
  let depth = 0
  let inString = false
  let escaped = false
  let started = false
  let ended = false
  /** The key that is being read, as bytes; undefined: none is. */
  let key: string | undefined
  let keyNext = false
  let column = 0
  let rows = 0
  /** In NDJSON: a record has ended, and its line has not. */
  let lineOpen = false
  let wrongColumns: string | undefined

  const broken = (at: number, what: string) => new Error(`at byte ${offset + at}: ${what}`)

  const endKey = () => {
    const expected = spelt[column]
    if (key !== expected && (expected === undefined || decoded(key!) !== columns[column]))
      wrongColumns ??= `the key ${show(key!)} as number ${column + 1} of record ${rows + 1}`
    key = undefined
    keyNext = false
    column++
  }

  const open = (byte: number, at: number) => {
    if (depth === outside) {
      if (byte !== openBrace) throw broken(at, 'an object was expected')
      if (lineOpen) throw broken(at, 'two records stand on one line')
      keyNext = true
      column = 0
    } else if (depth === 0) {
      if (byte !== openBracket || started) throw broken(at, 'one array was expected')
    }
    started = true
    depth++
  }

  const close = (at: number) => {
    if (depth === 0) throw broken(at, 'more is closed than was opened')
    depth--
    if (depth === outside) {
      if (column !== columns.length)
        wrongColumns ??= `${column} keys in record ${rows + 1}, not ${columns.length}`
      rows++
      lineOpen = format === 'ndjson'
    }
    if (depth === 0 && format === 'json') ended = true
  }

  /** @returns where the string ends, or the chunk */
  const passString = (chunk: Uint8Array, from: number): number => {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at]!
      if (escaped) escaped = false
      else if (byte === backslash) escaped = true
      else if (byte === quote) break
      at++
    }
    if (key !== undefined) {
      key += Buffer.from(chunk.buffer, chunk.byteOffset + from, at - from).toString('latin1')
      if (key.length > maxKeyBytes) throw broken(at, 'a key has no end')
    }
    return at
  }

  return {
    read(chunk) {
      for (let at = 0; at < chunk.length; at++) {
        if (inString) {
          at = passString(chunk, at)
          if (at === chunk.length) break
          inString = false
          if (key !== undefined) endKey()
          continue
        }
        const byte = chunk[at]!
        // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- bytes
        switch (byte) {
          case quote:
            if (depth <= outside) throw broken(at, 'an object was expected')
            inString = true
            if (keyNext && depth === inside) key = ''
            break
          case openBrace:
          case openBracket:
            if (ended) throw broken(at, 'more stands behind the end')
            open(byte, at)
            break
          case closeBrace:
          case closeBracket:
            close(at)
            break
          case comma:
            if (depth === inside) keyNext = true
            break
          case colon:
            break
          default:
            if (byte === lineFeed && depth === 0) lineOpen = false
            else if (depth <= outside && byte > 0x20) throw broken(at, 'an object was expected')
        }
      }
      offset += chunk.length
    },
    end() {
      if (inString || depth > 0 || (format === 'json' && !ended)) throw broken(0, 'it ends in the middle')
      if (lineOpen) throw broken(0, 'the last line has no end')
      return { rows, wrongColumns }
    },
  }
}

/** A key's text from its bytes, each a character of the given text; undefined for what is none. */
function decoded(key: string): string | undefined {
  try {
    return JSON.parse(`"${Buffer.from(key, 'latin1').toString()}"`) as string
  } catch {
    return undefined
  }
}

function show(key: string): string {
  return JSON.stringify(Buffer.from(key, 'latin1').toString().slice(0, 100))
}
