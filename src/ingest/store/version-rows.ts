import type { ISql } from 'postgres'
import { copyCell, copyIn } from '../../db/copy-in.ts'
import { isJsonObject, type ExactJson } from '../json/exact-json.ts'
import { parseExactJson } from '../json/json-parser.ts'
import type { OccurredAtSource } from '../records/record.ts'
import { parsedParts, partsJson, type Parts } from './parts.ts'
import { readBack } from './cells.ts'
import type { RecordTable } from './record-tables.ts'
import { emptyVersion, rankInTime, timeRank, type Version } from './version.ts'

/** A version as it stands in its table. */
export interface StoredVersion {
  readonly id: string
  /** The file that led to it. */
  readonly sourceFileId: string | null
  readonly version: Version
  /** Where a retelling is part of it. */
  readonly parts?: Parts
}

/** Which rows to read: hex keys and decimal numbers, nothing else. */
export interface RowChoice {
  readonly ingestKeys?: Iterable<string>
  readonly matchKeys?: Iterable<string>
  readonly partnerKeys?: Iterable<string>
  /** Rows by their own numbers, whether they are live or were ended. */
  readonly numbers?: Iterable<string>
}

/** The rows of a project that any of the keys finds. */
export async function readVersions(
  sql: ISql,
  projectId: number,
  table: RecordTable,
  choice: RowChoice,
): Promise<StoredVersion[]> {
  const found = [
    byKeys('ingest_key', 'bytea', choice.ingestKeys, '\\\\x'),
    byKeys('match_key', 'bytea', choice.matchKeys, '\\\\x'),
    byKeys('partner_key', 'bytea', choice.partnerKeys, '\\\\x'),
  ].flatMap((condition) => (condition ? [`${condition} and dead_xid is null`] : []))
  const numbered = byKeys('id', 'bigint', choice.numbers, '')
  if (numbered) found.push(numbered)
  if (found.length === 0) return []
  // A union, since no index serves several conditions at once.
  const ids = found.map(
    (condition) => `select id from ${table.table} where project_id = ${projectId} and ${condition}`,
  )
  const cells = table.columns.map(({ column }) => `"${column}"::text`)
  const rows = await sql
    .unsafe(
      `select id::text, source_file_id::text, encode(ingest_key, 'hex'), encode(match_key, 'hex'), encode(partner_key, 'hex'),
        source_rank::int, field_ranks::text, raw::text, parts::text, ${cells.join(', ')}
      from ${table.table} where id in (${ids.join(' union ')})`,
    )
    .values()
  return rows.map((row) => toStored(table, row as readonly unknown[]))
}

function byKeys(
  column: string,
  type: string,
  keys: Iterable<string> | undefined,
  mark: string,
): string | undefined {
  const list = [...(keys ?? [])]
  if (list.length === 0) return undefined
  return `${column} = any('{${list.map((key) => `"${mark}${key}"`).join(',')}}'::${type}[])`
}

function toStored(table: RecordTable, row: readonly unknown[]): StoredVersion {
  const [id, sourceFileId, ingestKey, matchKey, partnerKey, sourceRank, fieldRanks, raw, parts, ...cells] =
    row
  const version = emptyVersion(table, {
    ingestKey: ingestKey as string,
    matchKey: matchKey as string | null,
    partnerKey: partnerKey as string | null,
  })
  const told = fieldRanks === null ? {} : (JSON.parse(fieldRanks as string) as Record<string, number>)
  const rankOf = (name: string) => told[name] ?? (sourceRank as number)
  table.columns.forEach(({ name, type }, index) => {
    const cell = cells[index] as string | null
    if (cell === null) return
    version.cells[index] = readBack(type, cell)
    version.ranks[index] = rankOf(name)
  })
  const time = table.at('occurredAt')
  const timeSource = version.cells[table.at('occurredAtSource')] as OccurredAtSource
  version.ranks[time] = timeRank(timeSource, version.ranks[time]!)
  const sayings: ExactJson = raw === null ? null : parseExactJson(raw as string)
  if (isJsonObject(sayings)) {
    for (const [kind, part] of Object.entries(sayings)) {
      version.raw.set(kind, { json: JSON.stringify(part), rank: rankOf(`raw.${kind}`) })
    }
  }
  const stored = { id: id as string, sourceFileId: sourceFileId as string | null, version }
  return parts === null ? stored : { ...stored, parts: parsedParts(table, version, parts as string) }
}

/** Where new rows belong. */
export interface RowPlace {
  readonly projectId: number
  /** The file that led to the versions; null for what came by itself. */
  readonly sourceFileId: string | null
}

/** A version to be written. */
export interface NewRow {
  readonly id: string
  readonly version: Version
  readonly parts?: Parts
  /** Of a metric that was made from a record: that record's number. */
  readonly subject?: string
}

/** Numbers for so many rows of a table. */
export async function nextIds(sql: ISql, table: RecordTable, count: number): Promise<string[]> {
  if (count === 0) return []
  const rows = await sql`select nextval(pg_get_serial_sequence(${table.table}, 'id'))::text as id
    from generate_series(1, ${count}::int)`
  return rows.map((row) => row['id'] as string)
}

/** Writes versions that are new or replace others that were ended before. */
export async function insertVersions(
  sql: ISql,
  table: RecordTable,
  place: RowPlace,
  rows: readonly NewRow[],
): Promise<void> {
  if (rows.length === 0) return
  const hasSubject = table.kind === 'performance_metric'
  const columns = [
    'id',
    'project_id',
    'source_file_id',
    'source_rank',
    'field_ranks',
    'ingest_key',
    'match_key',
    'partner_key',
    'raw',
    'parts',
    ...table.columns.map(({ column }) => column),
    ...(hasSubject ? ['subject_record'] : []),
  ]
  // Row-level security lets no COPY into the table itself.
  const names = columns.map((name) => `"${name}"`).join(', ')
  const staging = `incoming_${table.table}`
  await sql.unsafe(
    `create temp table if not exists "${staging}" on commit delete rows as select ${names} from "${table.table}" with no data`,
  )
  await copyIn(sql, staging, columns, lines(table, place, rows, hasSubject))
  await sql.unsafe(
    `insert into "${table.table}" (${names}) overriding system value select ${names} from "${staging}"`,
  )
  // The same batch may add rows once more.
  await sql.unsafe(`delete from "${staging}"`)
}

function* lines(
  table: RecordTable,
  place: RowPlace,
  rows: readonly NewRow[],
  hasSubject: boolean,
): Generator<string> {
  const time = table.at('occurredAt')
  for (const { id, version, subject, parts } of rows) {
    const ranks = version.ranks.map((rank, index) => (index === time ? rankInTime(rank) : rank))
    const rawRanks = [...version.raw].map(([kind, { rank }]) => [`raw.${kind}`, rank] as const)
    const known = table.columns.flatMap(({ name }, index) =>
      version.cells[index] === null || name === 'occurredAtSource' ? [] : [[name, ranks[index]!] as const],
    )
    const best = Math.max(0, ...known.map(([, rank]) => rank), ...rawRanks.map(([, rank]) => rank))
    const others = [...known, ...rawRanks].filter(([, rank]) => rank !== best)
    const raw = [...version.raw].map(([kind, { json }]) => `${JSON.stringify(kind)}:${json}`)
    const cells = [
      id,
      String(place.projectId),
      place.sourceFileId,
      String(best),
      others.length === 0 ? null : JSON.stringify(Object.fromEntries(others)),
      key(version.ingestKey),
      key(version.matchKey),
      key(version.partnerKey),
      raw.length === 0 ? null : `{${raw.join(',')}}`,
      parts ? partsJson(parts) : null,
      ...version.cells,
      ...(hasSubject ? [subject ?? null] : []),
    ]
    yield `${cells.map(copyCell).join('\t')}\n`
  }
}

function key(hex: string | null): string | null {
  return hex === null ? null : `\\x${hex}`
}
