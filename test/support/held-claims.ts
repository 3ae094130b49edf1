import { beforeAll } from 'vitest'
import type { TestDatabase } from './database.ts'

/** Holds back the workers of a test file's server. @returns what keeps exports from being claimed while `act` runs */
export function useHeldClaims(database: TestDatabase): (act: () => Promise<void>) => Promise<void> {
  beforeAll(async () => {
    await database.client().unsafe(`create function hold() returns trigger language plpgsql as
      $$ begin return null; end $$`)
  })
  return async (act) => {
    await database.client().unsafe(`create trigger hold before update on export_jobs
      for each row when (new.status = 'RUNNING') execute function hold()`)
    try {
      await act()
    } finally {
      await database.client().unsafe('drop trigger hold on export_jobs')
    }
  }
}
