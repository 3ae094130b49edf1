import { XMLBuilder } from 'fast-xml-parser'
import { z } from 'zod'
import { assertWidth, writersFor, type CellWriters, type WriteCell } from './cell-writer.ts'
import { EncodedLines } from './encoded-lines.ts'
import type { Formatter } from './formatter.ts'
import { booleanLiteral, isNumber } from './literal.ts'
import { replaceEscapedLoneSurrogates } from './surrogates.ts'
import { Tally } from './tally.ts'
import { xmlName } from './xml-name.ts'
import { writeXmlText } from './xml-text.ts'

const options = z.strictObject({})

/**
 * XML 1.0: one `<row>` a record and line, one element a column. NULL is `xsi:nil`, so that it differs from the empty
 * text; `xml:space` keeps cells of nothing but space. There is no DOCTYPE, CDATA, comment or instruction.
 */
export const xml: Formatter<z.infer<typeof options>> = {
  id: 'xml',
  description: 'XML 1.0: one element a record, one within it a column',
  extension: 'xml',
  mediaType: 'application/xml',
  options,
  encoder({ dataset, columns }) {
    const width = columns.length
    const writers = writersFor(columns, writersByType)
    const names = columns.map((column) => xmlName(column.header))
    const starts = names.map((name) => `<${name}>`)
    const ends = names.map((name) => `</${name}>`)
    const nulls = names.map((name) => `<${name} xsi:nil="true"/>`)
    const { head, tail } = frame(dataset)
    let size = 0
    return {
      head: () => head,
      rows(batch) {
        const tally = new Tally(width)
        const lines = new EncodedLines(size)
        for (const row of batch.rows) {
          assertWidth(row, width)
          let line = '<row>'
          for (let column = 0; column < width; column++) {
            const cell = row[column]!
            if (cell === null) {
              line += nulls[column]!
            } else {
              line += starts[column]!
              line += writers[column]!(cell, tally, column)
              line += ends[column]!
            }
          }
          lines.add(line + '</row>\n')
        }
        const bytes = lines.bytes()
        size = bytes.length
        return { bytes, counts: tally.counts() }
      },
      tail: () => tail,
    }
  },
}

/** Infinities are spelt as in XSD; NaN is the same there. */
const writeNumber: WriteCell = (cell, tally, column) => {
  if (isNumber(cell)) return cell
  if (cell === 'Infinity') return 'INF'
  if (cell === '-Infinity') return '-INF'
  return writeXmlText(cell, tally, column)
}

const writeBoolean: WriteCell = (cell, tally, column) =>
  booleanLiteral(cell) ?? writeXmlText(cell, tally, column)

/** JSON is text here; it is mended all the same, so that every format holds the same value. */
const writeJson: WriteCell = (json, tally, column) =>
  writeXmlText(replaceEscapedLoneSurrogates(json, tally, column), tally, column)

const writersByType: CellWriters = {
  text: writeXmlText,
  timestamp: writeXmlText,
  json: writeJson,
  int: writeNumber,
  bigint: writeNumber,
  decimal: writeNumber,
  float: writeNumber,
  bool: writeBoolean,
}

/** What stands before the first row and after the last, by the library, from a document that holds one line break. */
function frame(dataset: string): { head: string; tail: string } {
  const builder = new XMLBuilder({
    attributeNamePrefix: '@',
    ignoreAttributes: false,
    suppressBooleanAttributes: false,
  })
  const prolog = builder.build({ '?xml': { '@version': '1.0', '@encoding': 'UTF-8' } })
  const root = builder.build({
    export: {
      '@dataset': dataset,
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@xml:space': 'preserve',
      '#text': '\n',
    },
  })
  const [start, end] = root.split('\n')
  return { head: `${prolog}\n${start}\n`, tail: `${end}\n` }
}
