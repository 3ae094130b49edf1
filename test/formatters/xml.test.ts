import { XMLParser, XMLValidator } from 'fast-xml-parser'
import fc from 'fast-check'
import { parser } from 'sax'
import { describe, expect, test } from 'vitest'
import { xmlName } from '../../src/formatters/xml-name.ts'
import { xml } from '../../src/formatters/xml.ts'
import { formatterContract, type ReadFile } from '../contracts/formatter-contract.ts'
import { anyTable, encode, hostileText, tableOf } from './tables.ts'

/** Reads with a parser that is strict about markup. */
function read(file: string): ReadFile {
  const reader = parser(true)
  const rows: { names: string[]; cells: (string | null)[] }[] = []
  let depth = 0
  let text: string | null = null
  reader.onerror = (error) => {
    throw error
  }
  reader.onopentag = ({ name, attributes }) => {
    depth++
    if (depth === 2) rows.push({ names: [], cells: [] })
    if (depth === 3) {
      rows.at(-1)!.names.push(name)
      text = attributes['xsi:nil'] === 'true' ? null : ''
    }
  }
  reader.ontext = (more) => {
    if (depth === 3) text = (text ?? '') + more
  }
  reader.onclosetag = () => {
    if (depth === 3) rows.at(-1)!.cells.push(text)
    depth--
  }
  reader.write(file).close()
  return { headers: rows[0]?.names, rows: rows.map(({ cells }) => cells) }
}

formatterContract(xml, read)

const head =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<export dataset="evaluation_results" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xml:space="preserve">\n'

describe('xml', () => {
  test('no rows give a root without children', () => {
    expect(encode(xml, tableOf({ v: 'text' }), []).text).toBe(`${head}</export>\n`)
  })

  test('each record is a line, NULL an element that says so', () => {
    const table = tableOf({ test_id: 'text', score: 'float' })
    const rows = [
      ['a', '0.5'],
      ['', null],
    ]
    expect(encode(xml, table, [rows]).text).toBe(
      `${head}<row><test_id>a</test_id><score>0.5</score></row>\n` +
        '<row><test_id></test_id><score xsi:nil="true"/></row>\n</export>\n',
    )
  })

  test('the name of the dataset is an attribute, whatever it is', () => {
    const dataset = (name: string) => encode(xml, { ...tableOf({ v: 'text' }), dataset: name }, []).text
    expect(dataset('a"<&b')).toContain('<export dataset="a&quot;&lt;&amp;b" xmlns:xsi=')
    expect(dataset('true')).toContain('<export dataset="true" xmlns:xsi=')
  })

  test('any table is well-formed, and holds only characters that XML 1.0 has and no reader changes', () => {
    fc.assert(
      fc.property(anyTable, ({ table, rows }) => {
        const { text } = encode(xml, table, [rows])
        expect(XMLValidator.validate(text)).toBe(true)
        expect(text).toMatch(/^[\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u)
        expect(text).not.toMatch(/<!|<\?(?!xml version)/)
        expect(read(text).rows).toHaveLength(rows.length)
      }),
    )
  })

  test('any text comes back from two readers, what XML cannot hold replaced and counted', () => {
    const second = new XMLParser({
      parseTagValue: false,
      trimValues: false,
      htmlEntities: true,
      isArray: (name) => name === 'row',
      processEntities: { enabled: true, maxTotalExpansions: 1e6, maxExpandedLength: 1e6 },
    })
    fc.assert(
      fc.property(fc.array(hostileText, { minLength: 1 }), (cells) => {
        const { text, counts } = encode(xml, tableOf({ v: 'text' }), [cells.map((cell) => [cell])])
        const kept = cells.map((cell) => cell.replace(unkeepable, '\ufffd'))
        expect(read(text).rows).toEqual(kept.map((cell) => [cell]))
        const { export: root } = second.parse(text) as { export: { row: { v: string }[] } }
        expect(root.row.map(({ v }) => v)).toEqual(kept)
        expect(counts.replaced?.[0] ?? 0).toBe(cells.join('\n').match(unkeepable)?.length ?? 0)
      }),
      { numRuns: 500 },
    )
  })

  test('infinities are spelt as in XSD, as numbers only', () => {
    const table = tableOf({ a: 'float', b: 'decimal', c: 'text' })
    const { text } = encode(xml, table, [[['Infinity', '-Infinity', 'Infinity']]])
    expect(text).toContain('<row><a>INF</a><b>-INF</b><c>Infinity</c></row>')
  })

  test('what is no number or boolean in a column of them is escaped like text', () => {
    const { text } = encode(xml, tableOf({ a: 'int', b: 'bool' }), [[['<b/>', '&']]])
    expect(text).toContain('<row><a>&lt;b/&gt;</a><b>&amp;</b></row>')
  })

  test('booleans are true and false however Postgres printed them', () => {
    const { text } = encode(xml, tableOf({ a: 'bool', b: 'bool' }), [[['t', 'f']]])
    expect(text).toContain('<row><a>true</a><b>false</b></row>')
  })

  test('JSON of 10,001 levels is text', () => {
    const deep = '['.repeat(10_001) + ']'.repeat(10_001)
    expect(encode(xml, tableOf({ v: 'json' }), [[[deep]]]).text).toContain(`<v>${deep}</v>`)
  })
})

describe('xmlName', () => {
  test('a plain column name is its own element name', () => {
    for (const name of ['test_id', 'grade_performance', 'a-b.c', 'Id2', '_id'])
      expect(xmlName(name)).toBe(name)
  })

  test('letters that are not ASCII are escaped by their code point', () => {
    expect(xmlName('prénom')).toBe('pr_x00E9_nom')
    expect(xmlName('a😀')).toBe('a_x1F600_')
  })

  test('any two headers have different names, and each reads back', () => {
    fc.assert(
      fc.property(hostileText, (header) => {
        const name = xmlName(header)
        expect(name).toMatch(/^(?!xml)[A-Za-z_][\w.-]*$/i)
        const back =
          name === '_x_' ? '' : name.replace(/_x([0-9A-F]{4,6})_/g, (_, hex: string) => codePoint(hex))
        expect(back).toBe(header.toWellFormed())
      }),
      { numRuns: 1000 },
    )
  })
})

// oxlint-disable-next-line no-control-regex -- it looks for control characters
const unkeepable = /[\0-\x08\v\f\x0e-\x1f\p{Surrogate}\ufffe\uffff]/gu

function codePoint(hex: string): string {
  return String.fromCodePoint(parseInt(hex, 16))
}
