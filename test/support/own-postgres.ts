import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, vi } from 'vitest'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/db/embedded/embedded-postgres.ts'
import { freePort } from '../../src/db/embedded/port.ts'
import type { TestDatabase } from './database.ts'

vi.mock(import('../../src/db/embedded/port.ts'), { spy: true })

/** A Postgres of the test file's own, which comes back at the address that it had, as somebody else's server does. */
export interface OwnPostgres extends TestDatabase {
  /** Ends it as a crash does, without a word to anyone and with its work undone. */
  readonly crash: () => Promise<void>
  /** Starts it again. */
  readonly start: () => Promise<void>
}

export function useOwnPostgres(): OwnPostgres {
  let base = ''
  let server: EmbeddedPostgres
  let client: Sql
  const start = async () => {
    server = await startEmbeddedPostgres({
      folder: join(base, 'postgres'),
      // What is committed must outlive a crash of the server, not one of the machine.
      settings: { fsync: 'off', full_page_writes: 'off' },
      ...nativeOfTests(),
    })
  }
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'evalport-own-postgres-'))
    await start()
    vi.mocked(freePort).mockResolvedValue(Number(new URL(server.url).port))
    client = postgres(server.url, { max: 2, onnotice: () => {} })
  })
  afterAll(async () => {
    await client.end({ timeout: 5 })
    await server.stop()
    await rm(base, { recursive: true, force: true, maxRetries: 20 })
  })
  return {
    url: () => server.url,
    client: () => client,
    async crash() {
      process.kill(server.pid, 'SIGQUIT')
      await server.exited
    },
    start,
  }
}

/** The binaries that the run is to use, where they are not the installed ones (`npm run test:postgres`). */
export function nativeOfTests(): { readonly native?: string } {
  const native = process.env['EVALPORT_TEST_POSTGRES']
  return native === undefined ? {} : { native }
}
