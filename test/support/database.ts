import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server with a migrated database `evalport_template`. */
    readonly postgresUrl: string
  }
}

export interface TestDatabase {
  url(): string
  /** A client for the test's own looks into the database. */
  client(): Sql
}

/** A database of the test file's own, cloned from the migrated template, dropped afterwards. */
export function useTestDatabase(): TestDatabase {
  const name = `test_${randomBytes(6).toString('hex')}`
  let url = ''
  let client: Sql | undefined
  beforeAll(async () => {
    const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
    await admin.unsafe(`create database ${name} template evalport_template`)
    await admin.end()
    const address = new URL(inject('postgresUrl'))
    address.pathname = `/${name}`
    url = address.href
    client = postgres(url, { max: 2, onnotice: () => {} })
  })
  afterAll(async () => {
    await client?.end({ timeout: 5 })
    const admin = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} })
    await admin.unsafe(`drop database if exists ${name} with (force)`)
    await admin.end()
  })
  return { url: () => url, client: () => client! }
}
