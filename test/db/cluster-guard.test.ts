import { expect, it } from 'vitest'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { migrateRestored } from '../../src/restored-database.ts'
import { useTestDatabase } from '../support/database.ts'
import { insertGeneratedRows } from '../support/generated-rows.ts'

const database = useTestDatabase()

it('refuses a database that was restored into another cluster, until it is told so, and then settles it', async () => {
  const sql = database.client()
  await sql`insert into projects (name) values ('default')`
  await insertGeneratedRows(sql, 1, 10)
  await sql`insert into principals (id, project_id, kind, name, role) values (gen_random_uuid(), 1, 'key', 'a', 'reader')`
  await sql`insert into export_jobs (id, project_id, requested_by, spec, plan, snapshot, status)
    select gen_random_uuid(), 1, id, '{}', '{}', pg_current_snapshot(), 'QUEUED' from principals`
  await sql`update evaluation_results set dead_xid = pg_current_xact_id() where id <= 3`
  expect(await migrateDatabase(database.url())).toEqual([])

  // As a dump of another cluster leaves it: numbers of transactions that have not been here yet.
  await sql`update installation set system_identifier = '7000000000000000001'`
  await sql`update evaluation_results set created_xid = '9000000000'`
  await expect(migrateDatabase(database.url())).rejects.toThrow(/migrate --restored/)
  await expect(migrateDatabase(database.url())).rejects.toThrow(/restored from a dump/)
  expect((await sql`select count(*)::int as rows from evaluation_results`)[0]).toEqual({ rows: 10 })

  expect(await migrateRestored(database.url())).toEqual([])
  expect((await sql`select status, failure->>'code' as code from export_jobs`)[0]).toEqual({
    status: 'FAILED',
    code: 'EXPORT_FAILED',
  })
  expect(
    (
      await sql`select count(*)::int as rows, count(*) filter (where pg_visible_in_snapshot(created_xid, pg_current_snapshot()))::int as seen
        from evaluation_results`
    )[0],
  ).toEqual({ rows: 7, seen: 7 })
  expect(await migrateDatabase(database.url())).toEqual([])
  await sql`update export_jobs set status = 'QUEUED'`
  expect(await migrateRestored(database.url())).toEqual([])
  // At home, it is harmless.
  expect((await sql`select status from export_jobs`)[0]).toEqual({ status: 'QUEUED' })
})
