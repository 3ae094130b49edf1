import { createHash } from 'node:crypto'
import { beforeAll, expect, it } from 'vitest'
import { openDatabase } from '../../src/db/connection.ts'
import { Draw } from '../../src/ingest/seed/draw.ts'
import { harden } from '../../src/ingest/seed/hostile.ts'
import { copyColumns, copyLines } from '../../src/ingest/seed/rows.ts'
import { secrets } from '../../src/ingest/seed/secrets.ts'
import { batchRows, seedRows } from '../../src/ingest/seed/seed.ts'
import { seedTables } from '../../src/ingest/seed/tables.ts'
import { Sessions } from '../../src/ingest/seed/timeline.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()
const rows = 6000
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at)
const text = (table: (typeof seedTables)[number], seed: number, indexes: readonly number[]) =>
  [...copyLines(table, 1, seed, indexes)].join('')

beforeAll(async () => {
  await database.client()`insert into projects (name) values ('default'), ('contended')`
  await seedRows(database.client(), { projectId: 1, tables: seedTables, rows, seed: 1 })
})

it('makes the rows that it made on every machine and in every release', () => {
  const digests = seedTables.map((table) => [
    table.dataset,
    createHash('sha256')
      .update(text(table, 42, range(0, 2000)))
      .digest('hex')
      .slice(0, 16),
  ])
  expect(Object.fromEntries(digests)).toMatchInlineSnapshot(`
    {
      "agent_interactions": "cf2717c1ebb0d903",
      "evaluation_results": "72da6f9982f330e3",
      "performance_metrics": "58e60cf1d9bb29b6",
      "tool_calls": "89027585d3730ff8",
    }
  `)
})

it('makes a row from its index alone, others for another seed, and nothing but ASCII', () => {
  for (const table of seedTables) {
    const whole = text(table, 3, range(0, 700))
    expect(text(table, 3, range(650, 700))).toBe(whole.split('\n').slice(650).join('\n'))
    expect(text(table, 3 + 2 ** 32, range(0, 700))).not.toBe(whole)
    // oxlint-disable-next-line no-control-regex -- control characters are among it
    expect(whole).toMatch(/^[\0-\x7f]*$/)
  }
})

it('knows every column, and fills each in some rows and leaves each unknown in others, if it may be', async () => {
  const kept = ['id', 'source_file_id', 'field_ranks', 'match_key', 'partner_key', 'created_xid', 'dead_xid', 'parts', 'prompt_key', 'subject_record'] // prettier-ignore
  for (const table of seedTables) {
    const columns = await database.client()`select column_name as name, is_nullable = 'YES' as optional
      from information_schema.columns where table_name = ${table.dataset}`
    const names = columns.map((column) => column['name'] as string).filter((name) => !kept.includes(name))
    expect(copyColumns(table).toSorted()).toEqual(names.toSorted())
    for (const { name, isOptional } of table.columns) {
      expect([name, isOptional]).toEqual([
        name,
        columns.find((column) => column['name'] === name)!['optional'],
      ])
      const [counts] = await database
        .client()
        .unsafe(`select count("${name}")::int as known, count(*)::int as all from "${table.dataset}"`)
      expect([name, counts!['all'], counts!['known'] > 0]).toEqual([name, rows, true])
      expect([name, counts!['known'] < rows]).toEqual([name, isOptional])
    }
  }
})

it('spoils one row in twenty-four, about, of whatever dataset', () => {
  for (const table of seedTables) {
    const draw = new Draw()
    const sessions = new Sessions(1)
    const spoilt = range(0, 20_000).filter((index) => {
      const cells = table.row({ seed: 1, sessions, draw: draw.begin(1, table.purpose, index), index })
      const ordinary = [...cells]
      harden(cells, table, draw)
      return cells.some((cell, at) => cell !== ordinary[at])
    })
    expect(spoilt.length / 20_000).toBeGreaterThan(0.03)
    expect(spoilt.length / 20_000).toBeLessThan(0.05)
  }
})

it('says how large the JSON is that it puts in', async () => {
  // Numbers that JavaScript cannot hold are left out: they would be written otherwise.
  const sizes = await database.client()`select arguments, arguments_bytes::int as bytes from tool_calls
    where arguments is not null and arguments::text !~ '[0-9]{16}|[.][0-9]|1_000' and arguments_bytes < 9000000`
  expect(sizes.length).toBeGreaterThan(rows / 2)
  for (const each of sizes) expect(Buffer.byteLength(JSON.stringify(each['arguments']))).toBe(each['bytes'])
})

it('tells figures that agree with each other', async () => {
  for (const dataset of ['evaluation_results', 'agent_interactions']) {
    const [wrong] = await database.client().unsafe(`select count(*)::int as count from ${dataset}
      where input_tokens + output_tokens::numeric <> total_tokens or reasoning_tokens > output_tokens
        or coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) > input_tokens
        or cache_write_1h_tokens > cache_write_tokens`)
    expect(wrong!['count']).toBe(0)
  }
  const [calls] = await database.client()`select count(*)::int as wrong from tool_calls
    where duration_ns <> extract(epoch from ended_at - started_at) * 1000000000
      and extract(year from started_at) between 2025 and 2026 and extract(year from ended_at) between 2025 and 2026
      and duration_ns not in (0, 1, 9223372036854775807)`
  expect(calls!['wrong']).toBe(0)
})

it('makes card and account numbers whose check digits are right', () => {
  const draw = new Draw().begin(1, 0, 0)
  for (let round = 0; round < 200; round++) {
    const card = secrets['card']!(draw).replaceAll(' ', '')
    const luhn = [...card].toReversed().reduce((sum, digit, at) => {
      const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
      return sum + (value > 9 ? value - 9 : value)
    }, 0)
    expect([card.length, luhn % 10]).toEqual([16, 0])
    const iban = secrets['iban']!(draw)
    expect(iban).toMatch(/^DE\d{20}$/)
    expect(BigInt(`${iban.slice(4)}1314${iban.slice(2, 4)}`) % 97n).toBe(1n)
  }
})

it('adds each row once when two calls seed the same at once, and completes what was interrupted', async () => {
  const other = openDatabase(database.url())
  try {
    const order = { projectId: 2, tables: seedTables.slice(3), rows: 3 * batchRows + 500, seed: 5 }
    const stop = new AbortController()
    const stopped = seedRows(other.bulk, order, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
    const [first, second] = await Promise.all([
      seedRows(other.bulk, order),
      seedRows(database.client(), order),
    ])
    const added = first.get('tool_calls')!.added + second.get('tool_calls')!.added
    // All but the batches that the interrupted call had ended: one, or one in each lane.
    expect([batchRows, 0].map((before) => order.rows - batchRows - before)).toContain(added)
    const [found] =
      await database.client()`select count(*)::int as count, count(distinct ingest_key)::int as keys
      from tool_calls where project_id = 2`
    expect(found).toEqual({ count: order.rows, keys: order.rows })
  } finally {
    await other.close()
  }
})
