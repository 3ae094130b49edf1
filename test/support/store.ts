import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll } from 'vitest'
import { builtInPrices } from '../../src/ingest/normalise/price-table.ts'
import type { RecordOutput } from '../../src/ingest/reader.ts'
import type { EvaluationTest } from '../../src/ingest/records/evaluation-test.ts'
import { nothingStored, storeBatch, type StoredOfFile } from '../../src/ingest/store/store-batch.ts'
import { toTold, type Told } from '../../src/ingest/store/told.ts'
import { useTestDatabase } from './database.ts'

/** What a source tells of a record, and how much it is believed. */
export interface Source {
  readonly output: RecordOutput
  readonly rank: number
}

export interface TestStore {
  /** A client that Drizzle does not know. */
  bulk(): Sql
  /** A project of its own, with a file that tells of its records. */
  readonly project: () => Promise<number>
  /** Stores one batch. Returns `stored`, added to. */
  readonly store: (
    projectId: number,
    sources: readonly Source[],
    tests?: readonly EvaluationTest[],
    stored?: StoredOfFile,
  ) => Promise<StoredOfFile>
}

const fileId = '00000000-0000-7000-8000-000000000001'

const told = ({ output, rank }: Source): Told => {
  const each = toTold(output, { path: `file of rank ${rank}`, rank })
  if ('problems' in each) throw new Error(each.problems)
  return each
}

/** The store of ingest on a database of the test file's own, without any reader. */
export function useTestStore(): TestStore {
  const database = useTestDatabase()
  let bulk: Sql
  beforeAll(() => {
    bulk = postgres(database.url(), { max: 2, onnotice: () => {}, connection: { TimeZone: 'UTC' } })
  })
  afterAll(() => bulk.end())
  return {
    bulk: () => bulk,
    async project() {
      const [row] = await bulk`insert into projects (name) values (gen_random_uuid()::text) returning id`
      const id = row!['id'] as number
      await bulk`insert into source_files (id, project_id, sha256, bytes, path, status, records, rejects)
        values (${fileId}, ${id}, '', 0, 'a', 'reading', 0, 0) on conflict (id) do nothing`
      return id
    },
    async store(projectId, sources, tests = [], stored = nothingStored()) {
      const place = { projectId, sourceFileId: fileId, prices: builtInPrices }
      await bulk.begin((sql) => storeBatch(sql, place, { told: sources.map(told), tests }, stored))
      return stored
    },
  }
}
