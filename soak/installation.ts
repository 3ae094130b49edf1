import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import { guardTransactions } from '../src/db/guarded-transactions.ts'
import { freePort } from '../src/db/embedded/port.ts'
import { openApi } from './api.ts'
import type { ComparisonContext } from './comparison.ts'
import { startDatabase } from './database.ts'
import type { FaultContext } from './faults.ts'
import { startFleet, type Fleet } from './fleet.ts'
import { openJournal } from './journal.ts'
import { endLeftovers, notePids } from './leftovers.ts'
import { makeRecords } from './records.ts'

/** A new installation of Evalport for a run: a database, a server, workers, and records. */
export interface Installation extends FaultContext, ComparisonContext {
  stop(): Promise<void>
}

const workers = 2
const concurrency = { serve: 4, worker: 6 } as const
const pidNoteEvery = 500

export async function openInstallation(folder: string, seed: number): Promise<Installation> {
  await endLeftovers(folder)
  const dataDir = join(folder, 'data')
  // The records of a round are of no use to the next run; what was found is kept elsewhere.
  await rm(dataDir, { recursive: true, force: true, maxRetries: 20 })
  const closers: (() => Promise<unknown>)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const database = await startDatabase(join(folder, 'data', 'postgres'))
    closers.push(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20 }))
    closers.push(() => database.stop())
    const journal = openJournal()
    const port = await freePort()
    const fleet = await startFleet({
      logFolder: join(folder, 'logs'),
      env: {
        EVALPORT_DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        EVALPORT_PORT: String(port),
        EVALPORT_LOG_LEVEL: 'info',
      },
      journal,
      concurrency,
      workers,
    })
    closers.push(() => fleet.stop())
    closers.push(keepPids(folder, fleet))
    const sql = guardTransactions(
      postgres(database.url, { max: 4, onnotice: () => {}, connection: { TimeZone: 'UTC' } }),
    )
    closers.push(() => sql.end({ timeout: 5 }))
    await smallParts(sql)
    const key = (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim()
    return {
      database,
      fleet,
      journal,
      sql,
      api: openApi(`http://127.0.0.1:${port}`, key),
      records: await makeRecords(database.url, seed),
      artifacts: join(dataDir, 'artifacts'),
      evidence: join(folder, 'evidence'),
      scratch: join(dataDir, 'scratch'),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Lets exports have parts of many sizes, by what they ask for, so that most have some to be resumed from. */
async function smallParts(sql: Sql): Promise<void> {
  await sql`create function small_parts() returns trigger language plpgsql as $$
    declare sizes int[] := array[20000, 60000, 200000, 600000, 8388608];
    begin
      new.plan := new.plan || jsonb_build_object('partBytes', sizes[1 + abs(hashtext(new.spec::text)::bigint) % 5]);
      return new;
    end $$`
  await sql`create trigger small_parts before insert on export_jobs for each row execute function small_parts()`
}

/** Notes the present processes again and again. Returns what ends that. */
function keepPids(folder: string, fleet: Fleet): () => Promise<void> {
  const over = new AbortController()
  const keeping = (async () => {
    while (!over.signal.aborted) {
      await notePids(
        folder,
        fleet.places.map(({ member }) => member.pid),
      )
      await delay(pidNoteEvery)
    }
  })()
  return async () => {
    over.abort()
    await keeping
  }
}
