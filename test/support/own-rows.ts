import fc from 'fast-check'
import { canonicalDecimal } from '../../src/core/decimal.ts'
import type { Field, FieldType } from '../../src/core/field.ts'
import type { Cell } from '../../src/core/record-batch.ts'
import { normaliseModel } from '../../src/ingest/normalise/models.ts'
import type { OwnTable } from '../../src/ingest/readers/own-tables.ts'
import { occurredAtSources } from '../../src/ingest/records/record.ts'
import { hostileText } from '../formatters/tables.ts'

/** Rows of a dataset as an export reads them: every field, its cells as Postgres' canonical text, null among them. */
export function anyRows(table: OwnTable): fc.Arbitrary<readonly (readonly Cell[])[]> {
  const { fields } = table.dataset
  const required = new Set([
    ...table.required.map(([name]) => name),
    'id',
    'occurred_at',
    'occurred_at_source',
  ])
  const cells = fields.map((field) =>
    required.has(field.name) ? cellsOf(field, table) : fc.option(cellsOf(field, table), { freq: 4 }),
  )
  return fc.array(
    fc.tuple(...cells).map((row) => normalised(fields, row)),
    { minLength: 1, maxLength: 4 },
  )
}

/** Text that the database holds. */
const text = hostileText.map((any) => any.replaceAll('\0', '').toWellFormed())
const name = text.filter((any) => any.trim() !== '')
const json = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  text.map((any) => JSON.stringify({ [any]: [any] })),
  fc.constantFrom('-1', '123456789012345678901234567890.50', '{"a": 1e-300}', '"=1+1"', '[]', '{}'),
)
const storableJson = json.filter((any) => any !== 'null' && !/\\u(?:0000|d[89a-f])/i.test(any))
const nanoseconds = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const score = fc
  .record(
    { name, value: fc.double({ noNaN: true, noDefaultInfinity: true }), label: text, scorer: text },
    { requiredKeys: ['name', 'label'] },
  )
  .map((each) => ({ ...each, ...(each.value === undefined ? {} : { value: each.value + 0 }) }))

const byName: Readonly<Record<string, fc.Arbitrary<string>>> = {
  occurred_at_source: fc.constantFrom(...occurredAtSources),
  prompt_order: fc.constantFrom('HOP', 'LOP'),
  success_source: fc.constantFrom('reported', 'inferred'),
  model: fc.oneof(name, fc.constantFrom('claude-opus-4', 'GPT-5', 'gpt-oss-20b', ' o3 ')),
  provider: fc.oneof(text, fc.constantFrom('anthropic', 'Google', 'ollama')),
  metric: name,
  kind: name,
  tool_name: name,
  duration_seconds: nanoseconds.map((ns) => {
    const digits = String(ns).padStart(10, '0')
    return canonicalDecimal(`${digits.slice(0, -9)}.${digits.slice(-9)}`)
  }),
  scores: fc.array(score, { maxLength: 3 }).map((each) => JSON.stringify(each)),
  finish_reasons: fc.array(text, { maxLength: 3 }).map((each) => JSON.stringify(each)),
  attributes: fc.dictionary(text, fc.integer()).map((each) => JSON.stringify(each)),
}

const byType: Readonly<Record<FieldType, fc.Arbitrary<string>>> = {
  text,
  int: fc.nat().map(String),
  bigint: nanoseconds.map(String),
  decimal: fc
    .tuple(fc.nat(9_999_999), fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }))
    .map(([whole, part]) => canonicalDecimal(`${whole}.${String(part).padStart(12, '0')}`)),
  float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value)),
  bool: fc.constantFrom('true', 'false'),
  timestamp: fc
    .tuple(
      fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
      fc.nat(999),
    )
    .map(([date, micros]) => `${date.toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`),
  json: storableJson,
}

function cellsOf(field: Field, table: OwnTable): fc.Arbitrary<string> {
  if (field.name === 'id') {
    return fc.bigInt({ min: 1n, max: 10n ** 17n }).map((number) => `${table.dataset.idPrefix}_${number}`)
  }
  return byName[field.name] ?? byType[field.type]
}

/** With the model's one name, as everything that was taken in has it. */
function normalised(fields: readonly Field[], row: readonly Cell[]): readonly Cell[] {
  const at = (wanted: string) => fields.findIndex((field) => field.name === wanted)
  const model = row[at('model')]
  const provider = row[at('provider')]
  if (typeof model !== 'string') return row.map((cell, index) => (index === at('provider') ? null : cell))
  const identity = normaliseModel(model, provider ?? undefined)
  return row.map((cell, index) => {
    if (index === at('model')) return identity.model
    return index === at('provider') ? (identity.provider ?? null) : cell
  })
}
