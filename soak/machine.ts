import { cpus, totalmem } from 'node:os'
import type { Sql } from 'postgres'
import { packageVersion } from '../src/package-version.ts'

export function describeMachine(): string {
  const [first] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, ${memory} GiB, ${process.platform}`
}

export async function describeVersions(sql: Sql): Promise<string> {
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`
  return `Evalport ${packageVersion()}, Node ${process.versions.node}, Postgres ${row!.version}`
}
