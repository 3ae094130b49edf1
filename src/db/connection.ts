import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'

/** Drizzle's view of the database, also inside a transaction. */
export type Db = Pick<
  PostgresJsDatabase,
  'select' | 'insert' | 'update' | 'delete' | 'execute' | 'transaction' | '$count'
>

export interface Database {
  /** For everything but records. */
  readonly db: PostgresJsDatabase
  /**
   * For reading records. A client of its own, since Drizzle changes the parsers of the client that it is given, and
   * records must arrive as the text that Postgres sent.
   */
  readonly records: Sql
  /** For writing many records at once, by COPY. A client of its own for the same reason. */
  readonly bulk: Sql
  /** For what must never wait behind other work: leases, news, health. */
  readonly vital: PostgresJsDatabase
  /** For LISTEN. Holds one connection, from the first use on. */
  readonly listener: Sql
  readonly url: string
  /** Waits for running queries, a few seconds at the most. */
  close(): Promise<void>
}

/** What decides how Postgres prints and reads values, so that no setting of a server or a role changes our bytes. */
const printing = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, YMD',
  standard_conforming_strings: 'on',
  client_encoding: 'UTF8',
}

/** Connects on first use; nothing is opened yet. */
export function openDatabase(url: string): Database {
  const options = { onnotice: () => {}, connect_timeout: 10, connection: printing }
  const client = postgres(url, {
    ...options,
    max: 8,
    connection: { ...options.connection, application_name: 'evalport' },
  })
  const records = postgres(url, {
    ...options,
    max: 8,
    connection: { ...options.connection, application_name: 'evalport records' },
  })
  const bulk = postgres(url, {
    ...options,
    max: 4,
    connection: { ...options.connection, application_name: 'evalport ingest' },
  })
  const vital = postgres(url, {
    ...options,
    max: 2,
    connection: { ...options.connection, application_name: 'evalport vital' },
  })
  const listener = postgres(url, {
    ...options,
    max: 1,
    connection: { ...options.connection, application_name: 'evalport listener' },
  })
  return {
    db: drizzle({ client }),
    records,
    bulk,
    vital: drizzle({ client: vital }),
    listener,
    url,
    async close() {
      await Promise.all([client, records, bulk, vital, listener].map((each) => each.end({ timeout: 5 })))
    },
  }
}
