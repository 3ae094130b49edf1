import { afterEach, expect, it, vi } from 'vitest'
import { callerOfPrincipal } from '../../src/access/callers.ts'
import { watchCaller } from '../../src/access/watch-caller.ts'
import type { AppError } from '../../src/core/errors.ts'
import { openDatabase } from '../../src/db/connection.ts'
import { useTestApp } from '../support/app.ts'
import { callerOf, makeKey } from '../support/keys.ts'

const test = useTestApp({ workerConcurrency: 0 })
afterEach(() => vi.useRealTimers())

const fakeClock = () => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
/** Lets what goes on outside of the clock go on, the database mostly, though not a millisecond passes. */
const turns = async (holds: () => boolean) => {
  for (let left = 100_000; left > 0 && !holds(); left--) {
    vi.advanceTimersByTime(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

it('asks now and then, though nobody tells it of a change', async () => {
  const { key, secret } = await makeKey(test)
  const caller = await callerOf(test, secret)
  fakeClock()
  let asked = 0
  const ends: string[] = []
  const stop = watchCaller(test.app(), caller, {
    changed: () => void asked++,
    ended: (why) => void ends.push(why.code),
  })
  await turns(() => asked === 1)
  vi.advanceTimersByTime(30_000)
  await turns(() => asked === 2)
  expect([asked, ends]).toEqual([2, []])
  let revoked = false
  void test.database.client()`update principals set revoked_at = now() where id = ${key.id}`.then(
    () => (revoked = true),
  )
  await turns(() => revoked)
  vi.advanceTimersByTime(30_000)
  await turns(() => ends.length > 0)
  expect([asked, ends]).toEqual([2, ['UNAUTHENTICATED']])
  expect(test.app().principalNews.watches).toBe(0)
  stop()
})

it('takes nobody to be good for long when the database cannot be asked', async () => {
  const caller = await callerOf(test)
  const database = openDatabase(test.database.url())
  await database.close()
  fakeClock()
  const ends: AppError[] = []
  watchCaller({ ...test.app(), db: database.db }, caller, { ended: (why) => void ends.push(why) })
  const failures = () => test.logged.filter((line) => /cannot be asked/.test(String(line['msg']))).length
  for (let second = 0; second < 15; second++) {
    await turns(() => failures() > second)
    expect(ends).toEqual([])
    vi.advanceTimersByTime(1000)
  }
  await turns(() => failures() > 15)
  vi.advanceTimersByTime(1000)
  await turns(() => ends.length > 0)
  expect(ends.map((each) => each.code)).toEqual(['UNAVAILABLE'])
  expect(test.app().principalNews.watches).toBe(0)
})

it('says nothing any more once it has been stopped, whatever it was just asking', async () => {
  const { key, secret } = await makeKey(test)
  const caller = await callerOf(test, secret)
  await test.database.client()`update principals set revoked_at = now() where id = ${key.id}`
  const told: string[] = []
  const stop = watchCaller(test.app(), caller, {
    changed: () => void told.push('changed'),
    ended: () => void told.push('ended'),
  })
  stop()
  for (let round = 0; round < 20; round++) await callerOfPrincipal(test.app().db, key.id)
  expect(told).toEqual([])
  expect(test.app().principalNews.watches).toBe(0)
})
