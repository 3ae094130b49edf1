import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { expect, it } from 'vitest'
import { loggableError } from '../../src/core/log.ts'
import { useTestDatabase } from '../support/database.ts'

const database = useTestDatabase()

it('keeps the parameters and the row of a failed query out of the log', async () => {
  const db = drizzle({ client: database.client() })
  const failing = db.execute(sql`insert into projects (name) values (${'A prompt that nobody may read'})`)
  const error = await failing.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const text = JSON.stringify(loggableError(error))
  expect(text).toContain('Failed query: insert into projects')
  expect(text).toContain('23514')
  expect(text).not.toContain('A prompt')
})

it('tells an error’s causes, and ends when they go in a circle', () => {
  const outer = new Error('outer', { cause: new TypeError('inner') })
  expect(loggableError(outer)).toMatchObject({
    type: 'Error',
    message: 'outer',
    cause: { type: 'TypeError', message: 'inner' },
  })
  const circle = new Error('again')
  circle.cause = circle
  expect(JSON.stringify(loggableError(circle)).match(/again/g)!.length).toBeLessThan(20)
})
