import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api-postgres'
import { expect, it } from 'vitest'
import * as schema from '../src/db/schema/schema.ts'

const folder = fileURLToPath(new URL('../drizzle', import.meta.url))

it('has a migration for every change of the tables (npm run migration -- --name … makes one)', async () => {
  const latest = readdirSync(folder).sort().at(-1)!
  const before = JSON.parse(readFileSync(`${folder}/${latest}/snapshot.json`, 'utf8')) as { id: string }
  const now = await generateDrizzleJson(schema, before.id)
  expect(await generateMigration(before, now)).toEqual([])
})
