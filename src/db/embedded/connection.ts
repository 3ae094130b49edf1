import postgres from 'postgres'

const user = 'evalport'
const database = 'evalport'

/** Where a server of ours is reached. */
export interface Address {
  readonly port: number
  readonly password: string
}

export function connectionUrl({ port, password }: Address): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
}

/** Makes the application's database if there is none yet; rejects when the server cannot be reached. */
export async function ensureDatabase(address: Address): Promise<void> {
  if ((await probe(address, database)) === 'ready') return
  await withConnection(address, 'postgres', (sql) => sql`create database ${sql(database)}`).catch(
    (error: unknown) => {
      if (codeOf(error) !== '42P04') throw error
    },
  )
}

/** Whether our server, and not one that got its port, is there and has the application's database. */
export async function isServing(address: Address): Promise<boolean> {
  const gone = [
    'ECONNREFUSED',
    'ECONNRESET',
    'CONNECTION_CLOSED',
    'CONNECT_TIMEOUT',
    '57P03',
    '28P01',
    '28000',
  ]
  try {
    return (await probe(address, database)) === 'ready'
  } catch (error) {
    if (gone.includes(codeOf(error) ?? '')) return false
    throw error
  }
}

async function probe(address: Address, name: string): Promise<'ready' | 'no database'> {
  try {
    await withConnection(address, name, (sql) => sql`select 1`)
    return 'ready'
  } catch (error) {
    if (codeOf(error) === '3D000') return 'no database'
    throw error
  }
}

async function withConnection(
  { port, password }: Address,
  name: string,
  use: (sql: postgres.Sql) => Promise<unknown>,
): Promise<void> {
  const sql = postgres({
    host: '127.0.0.1',
    port,
    user,
    password,
    database: name,
    ssl: false,
    max: 1,
    connect_timeout: 10,
    fetch_types: false,
    onnotice: () => {},
  })
  try {
    await use(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
