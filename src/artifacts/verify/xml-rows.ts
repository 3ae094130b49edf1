import type { RowReader } from './row-reader.ts'

const lessThan = 0x3c
const greaterThan = 0x3e
/** The rows are the children of the root, the columns theirs. */
const rowDepth = 2
const columnDepth = 3
/** Of a tag: longer ones are none of ours. */
const maxTagBytes = 64 * 1024

/**
 * Counts the rows of an XML file and compares their elements. It follows tags alone, so that text of any size passes
 * without being held, and takes what our files have: no DOCTYPE, CDATA, comment, or `>` in an attribute.
 */
export function xmlRows(columns: readonly string[]): RowReader {
  const open: string[] = []
  /** The tag that ends the innermost open element. */
  let closing: string | undefined
  let offset = 0
  /** The tag that is being read, without its brackets; undefined: text is. */
  let tag: string | undefined
  let ended = false
  let rows = 0
  let column = 0
  let wrongColumns: string | undefined

  const broken = (at: number, what: string) => new Error(`at byte ${offset + at}: ${what}`)

  const start = (name: string, at: number) => {
    if (ended) throw broken(at, 'more stands behind the end')
    open.push(name)
    closing = `/${name}`
    if (open.length === rowDepth) column = 0
    if (open.length !== columnDepth) return
    if (name !== columns[column] && columnName(name) !== columns[column])
      wrongColumns ??= `the element ${JSON.stringify(name.slice(0, 100))} as number ${column + 1} of row ${rows + 1}`
    column++
  }

  const end = (name: string, at: number) => {
    if (open.at(-1) !== name) throw broken(at, 'an element ends that is not open')
    if (open.length === rowDepth) {
      if (column !== columns.length)
        wrongColumns ??= `${column} elements in row ${rows + 1}, not ${columns.length}`
      rows++
    }
    open.pop()
    closing = open.length === 0 ? undefined : `/${open.at(-1)}`
    ended = open.length === 0
  }

  /** @param bytes of the tag, each a character */
  const take = (bytes: string, at: number) => {
    // Nearly all tags are these two.
    const isColumn = open.length === rowDepth
    if (isColumn && bytes === columns[column]) return start(bytes, at)
    if (bytes === closing) return end(open.at(-1)!, at)
    const content = Buffer.from(bytes, 'latin1').toString()
    if (content.startsWith('?') && open.length === 0 && !ended) return
    const match = /^(?<slash>\/?)(?<name>[^\s<>/!?]+)(?:\s[^<]*?)?(?<empty>\/?)$/.exec(content)
    if (!match) throw broken(at, 'a tag is none')
    const { slash, name, empty } = match.groups as { slash: string; name: string; empty: string }
    if (slash === '') start(name, at)
    if (slash !== '' || empty !== '') end(name, at)
  }

  return {
    read(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      for (let at = 0; at < bytes.length;) {
        const isTag = tag !== undefined
        const next = bytes.indexOf(isTag ? greaterThan : lessThan, at)
        const stop = next < 0 ? bytes.length : next
        if (isTag) {
          tag += bytes.toString('latin1', at, stop)
          if (tag!.length > maxTagBytes) throw broken(at, 'a tag has no end')
          if (next >= 0) {
            take(tag!, stop)
            tag = undefined
          }
        } else if (next >= 0) {
          tag = ''
        }
        at = stop + 1
      }
      offset += bytes.length
    },
    end() {
      if (!ended || tag !== undefined) throw broken(0, 'it ends in the middle')
      return { rows, wrongColumns }
    },
  }
}

/** The header that an element's name stands for: what a name cannot hold is written `_xHHHH_` (SQL/XML). */
function columnName(name: string): string {
  if (name === '_x_') return ''
  return name.replace(/_x([0-9A-F]{4,6})_/g, (escape, hex: string) => {
    const codePoint = Number.parseInt(hex, 16)
    return codePoint > 0x10ffff ? escape : String.fromCodePoint(codePoint)
  })
}
