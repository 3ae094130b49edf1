import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateDrizzleJson, generateMigration, reconstruct } from 'drizzle-kit/api-postgres'
import { expect, it } from 'vitest'
import * as schema from '../src/db/schema/schema.ts'

const folder = fileURLToPath(new URL('../drizzle', import.meta.url))

it('has a migration for every change of the tables (npm run migration -- --name … makes one)', async () => {
  const snapshots = readdirSync(folder).map((name) => [
    name,
    JSON.parse(readFileSync(`${folder}/${name}/snapshot.json`, 'utf8')) as unknown,
  ])
  const before = await reconstruct(Object.fromEntries(snapshots) as Record<string, unknown>)
  const now = await generateDrizzleJson(schema, before.id)
  expect(await generateMigration(before, now)).toEqual([])
})
