import postgres, { type Sql } from 'postgres'
import { canonicalTime } from '../src/core/time.ts'
import { seedRows } from '../src/ingest/seed/seed.ts'
import { seedTables } from '../src/ingest/seed/tables.ts'

/** What the exports are made from. */
export interface Records {
  readonly projectId: number
  /** How many were generated. */
  rows(dataset: string): number
  /** Times at which exactly one of them happened. */
  lone(dataset: string): readonly string[]
}

const results = 50_000
const others = 16_000
const start = Date.UTC(2025, 0, 1)

/** About when the generated row of this number happened: 45 s after the one before it. */
export function timeOf(index: number): string {
  return new Date(start + index * 45_000).toISOString().replace('Z', '000Z')
}

/** Fills the first project of a new installation. */
export async function makeRecords(url: string, seed: number): Promise<Records> {
  const sql = postgres(url, { max: 3, onnotice: () => {} })
  try {
    const [project] = await sql<{ id: number }[]>`select id from projects order by id limit 1`
    const projectId = project!.id
    const [first, ...rest] = seedTables
    await seedRows(sql, { projectId, tables: [first!], rows: results, seed })
    await seedRows(sql, { projectId, tables: rest, rows: others, seed })
    // Rows are generated without waiting for the disk; from here on, a restart must not take any back.
    await sql`checkpoint`
    const lone = new Map<string, readonly string[]>()
    for (const { dataset } of seedTables) lone.set(dataset, await loneTimes(sql, dataset))
    return {
      projectId,
      rows: (dataset) => (dataset === first!.dataset ? results : others),
      lone: (dataset) => lone.get(dataset)!,
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function loneTimes(sql: Sql, dataset: string): Promise<readonly string[]> {
  const found = await sql<{ at: string }[]>`
    select (occurred_at at time zone 'UTC')::text || '+00' as at from ${sql(dataset)}
    where id % 100 = 0 group by occurred_at having count(*) = 1 order by 1 limit 100`
  return found.map(({ at }) => canonicalTime(at))
}
