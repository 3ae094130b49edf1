import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql } from 'postgres'
import { guardTransactions } from './guarded-transactions.ts'
import { watchSilentConnections } from './silent-connections.ts'

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

const second = 1000

/** What Postgres must answer within, in milliseconds; a connection that is silent for longer is dead. */
const patience = {
  /** The longest query is the count of all records of a project; `exports/read.ts` lets none take longer than this. */
  records: 660 * second,
  ordinary: 300 * second,
  vital: 10 * second,
  /** A file may take as long as it takes to be stored; and who listens is not told anything for days. */
  any: Number.POSITIVE_INFINITY,
}

/**
 * Connects on first use; nothing is opened yet.
 * @param onBroken told how many connections were ended because the network does not answer
 */
export function openDatabase(url: string, onBroken: (connections: number) => void = () => {}): Database {
  const silent = watchSilentConnections(onBroken)
  const open = (
    name: string,
    max: number,
    limit: number,
    special: { vital?: true; copies?: true } = {},
  ): Sql =>
    guardTransactions(
      postgres(url, {
        onnotice: () => {},
        connect_timeout: 10,
        // By default up to 20 s, for which requests would hang instead of being refused; what tries again waits by itself.
        backoff: () => 0.1 + Math.random() * 0.2,
        // Where nothing is under way, TCP itself sees a dead end, 20 s after the last word.
        keep_alive: 10,
        ...(limit !== patience.any && { idle_timeout: Math.min(limit / 2 / second, 60) }),
        max,
        connection: { ...printing, application_name: name },
        // Its types lack these.
        ...({
          socket: silent.watch(special.vital === true, limit),
          // Asked over a connection where a COPY has begun, a query would fail.
          ...(special.copies && { max_pipeline: 0 }),
        } as object),
      }),
    )
  const client = open('evalport', 8, patience.ordinary)
  const records = open('evalport records', 8, patience.records, { copies: true })
  const bulk = open('evalport ingest', 4, patience.any)
  const vital = open('evalport vital', 2, patience.vital, { vital: true })
  const listener = open('evalport listener', 1, patience.any)
  return {
    db: drizzle({ client }),
    records,
    bulk,
    vital: drizzle({ client: vital }),
    listener,
    url,
    async close() {
      await Promise.all([client, records, bulk, vital, listener].map((each) => each.end({ timeout: 5 })))
      silent.stop()
    },
  }
}
