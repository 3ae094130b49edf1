import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { FieldType } from '../../src/core/field.ts'
import { formatterById } from '../../src/formatters/registry.ts'
import { encode, tableOf } from './tables.ts'

interface Conformance {
  values: {
    id: string
    type: FieldType
    input: string | null
    csv: string
    json: string
    xml: string
    lossy: string[]
  }[]
  names: { id: string; input: string; csv: string; json: string; xml: string }[]
}

/** For one value or column name each, the exact text that each format must hold. */
const conformance = JSON.parse(
  readFileSync(new URL('conformance.json', import.meta.url), 'utf8'),
) as Conformance

describe.each(conformance.values)('value $id ($type $input)', ({ type, input, csv, json, xml, lossy }) => {
  const lines = {
    csv: `"k",${csv}\r\n`,
    json: `\n{"id":"k","v":${json}}`,
    ndjson: `{"id":"k","v":${json}}\n`,
    xml: `<row><id>k</id>${xml}</row>\n`,
  }

  test.each(Object.entries(lines))('%s holds exactly what the table says', (format, line) => {
    const file = encode(formatterById(format), tableOf({ id: 'text', v: type }), [[['k', input]]])
    expect(file.calls[1]!.toString('utf8')).toBe(line)
  })

  test.each(Object.keys(lines))('%s counts it as replaced if it is lossy, and not otherwise', (format) => {
    const { counts } = encode(formatterById(format), tableOf({ id: 'text', v: type }), [[['k', input]]])
    const isLossy = lossy.includes(format === 'ndjson' ? 'json' : format)
    expect(counts.replaced).toEqual(isLossy ? [0, expect.any(Number)] : undefined)
  })

  test('csv counts it as guarded if an apostrophe was put before it', () => {
    const { counts } = encode(formatterById('csv'), tableOf({ id: 'text', v: type }), [[['k', input]]])
    const apostrophes = (text: string) => /^"?('*)/.exec(text)![1]!.length
    const isGuarded = apostrophes(csv) > apostrophes(input ?? '')
    expect(counts.guarded).toEqual(isGuarded ? [0, 1] : undefined)
  })
})

describe.each(conformance.names)('name $id ($input)', ({ input, csv, json, xml }) => {
  const table = tableOf({ [input]: 'text', z: 'text' })
  const encoded = (format: string) => encode(formatterById(format), table, [[['1', '2']]])

  test('csv has it as a header', () => {
    expect(encoded('csv').calls[0]!.toString('utf8')).toBe(`${csv},"z"\r\n`)
  })

  test('json and ndjson have it as a key', () => {
    expect(encoded('json').text).toBe(`[\n{${json}:"1","z":"2"}\n]\n`)
    expect(encoded('ndjson').text).toBe(`{${json}:"1","z":"2"}\n`)
  })

  test('xml has it as an element', () => {
    expect(encoded('xml').calls[1]!.toString('utf8')).toBe(`<row><${xml}>1</${xml}><z>2</z></row>\n`)
  })
})
