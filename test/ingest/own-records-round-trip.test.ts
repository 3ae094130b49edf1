import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { camelCase, type Column, type FieldType } from '../../src/core/field.ts'
import type { Cell } from '../../src/core/record-batch.ts'
import { csv } from '../../src/formatters/csv.ts'
import { json } from '../../src/formatters/json.ts'
import { ndjson } from '../../src/formatters/ndjson.ts'
import { canonicalJson, type ExactJson } from '../../src/ingest/json/exact-json.ts'
import { parseExactJson } from '../../src/ingest/json/json-parser.ts'
import { normaliseModel } from '../../src/ingest/normalise/models.ts'
import { secondsOf } from '../../src/ingest/normalise/quantities.ts'
import { ownCsv } from '../../src/ingest/readers/own-csv.ts'
import { ownJson } from '../../src/ingest/readers/own-json.ts'
import { ownTables, type OwnTable } from '../../src/ingest/readers/own-tables.ts'
import { detectReader } from '../../src/ingest/readers/registry.ts'
import { encode } from '../formatters/tables.ts'
import { anyRows } from '../support/own-rows.ts'
import { readAll, sourceFile } from '../support/source-file.ts'

const columnsOf = (table: OwnTable) =>
  table.dataset.fields.map(({ name, type }): Column => ({ field: name, header: name, type }))

const valueOf: Readonly<Record<FieldType, (cell: string) => unknown>> = {
  text: (cell) => cell,
  timestamp: (cell) => cell,
  int: Number,
  float: Number,
  bigint: BigInt,
  decimal: (cell) => cell,
  bool: (cell) => cell === 'true',
  json: (cell) => canonicalJson(parseExactJson(cell)),
}

/** What a row says, as a telling has it: only what is known, JSON in its one form. */
function toldBy(table: OwnTable, row: readonly Cell[]): Record<string, unknown> {
  const told: Record<string, unknown> = {}
  for (const [index, { name, type }] of table.dataset.fields.entries()) {
    const cell = row[index] ?? null
    if (cell === null || name === 'id') continue
    if (name === 'duration_seconds') told['durationNs'] = secondsOf(cell)
    else told[camelCase(name)] = valueOf[type](cell)
  }
  return told
}

describe.each(ownTables.map((table) => [table.dataset.id, table] as const))('%s', (id, table) => {
  test.each([
    ['csv', csv, ownCsv],
    ['ndjson', ndjson, ownJson],
    ['json', json, ownJson],
  ] as const)(
    'an export as %s is read back as it was, by the reader that its content finds',
    async (_, format, reader) => {
      const columns = columnsOf(table)
      const jsonFields = columns.filter(({ type }) => type === 'json').map(({ field }) => camelCase(field))
      await fc.assert(
        fc.asyncProperty(anyRows(table), async (rows) => {
          const { bytes, text } = encode(format, { dataset: id, columns }, [rows])
          expect(detectReader(text)?.id).toBe(reader.id)
          const { outputs } = await readAll(reader, sourceFile(bytes))
          const records = outputs.flatMap((output) => (output.kind === table.kind ? [output.record] : []))
          expect(outputs.filter(({ kind }) => kind !== table.kind && kind !== 'warning')).toEqual([])
          expect(records).toHaveLength(rows.length)
          for (const [index, record] of records.entries()) {
            const fields: Record<string, unknown> = { ...record.fields }
            for (const field of jsonFields) {
              if (fields[field] !== undefined) fields[field] = canonicalJson(fields[field] as ExactJson)
            }
            expect(fields).toEqual(toldBy(table, rows[index]!))
            expect(record.naturalKey).toEqual(['own', id, rows[index]![0]])
            expect(`${table.dataset.idPrefix}_${record.exportedNumber}`).toBe(rows[index]![0])
          }
        }),
        { numRuns: 60 },
      )
    },
  )

  test('a record without an id has the same key as CSV and as JSON', async () => {
    const columns = columnsOf(table).slice(1)
    await fc.assert(
      fc.asyncProperty(anyRows(table), async (all) => {
        const rows = all.map((row) => row.slice(1))
        const keys = await Promise.all(
          (
            [
              [csv, ownCsv],
              [ndjson, ownJson],
            ] as const
          ).map(async ([format, reader]) => {
            const { bytes } = encode(format, { dataset: id, columns }, [[...rows, ...rows]])
            const { outputs } = await readAll(reader, sourceFile(bytes))
            return outputs.flatMap((output) => ('record' in output ? [output.record.naturalKey] : []))
          }),
        )
        expect(keys[0]).toHaveLength(2 * rows.length)
        expect(keys[0]).toEqual(keys[1])
        expect(new Set(keys[0]!.map((key) => JSON.stringify(key))).size).toBe(2 * rows.length)
      }),
      { numRuns: 20 },
    )
  })
})

test('a model that has its one name keeps it', () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'claude-opus-4',
      'Claude-Sonnet-4-0',
      'gpt-oss-20b',
      'GPT-5',
      'Gemini-2',
      'o3-mini',
      'llama',
    ),
  )
  const providers = fc.option(
    fc.oneof(fc.string(), fc.constantFrom('Google', 'XAI', 'openai', 'Bedrock', 'ANTHROPIC')),
    {
      nil: undefined,
    },
  )
  fc.assert(
    fc.property(names, providers, (model, provider) => {
      const once = normaliseModel(model, provider)
      expect(normaliseModel(once.model, once.provider)).toEqual(once)
    }),
  )
})
