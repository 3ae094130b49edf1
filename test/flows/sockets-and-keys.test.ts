import { truncate } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { CloseCode } from 'graphql-ws'
import { afterEach, expect, it } from 'vitest'
import { revokeKey, rotateKey, updateKey } from '../../src/accounts/change-keys.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import {
  jobUpdates,
  lastingSocketClient,
  openStream,
  streamAnswers,
  type Answer,
} from '../support/subscriptions.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const csv = { source: { evaluationResults: { fields: ['ID', 'MODEL'] } }, format: 'CSV' }

afterEach(() => eventually(() => test.app().principalNews.watches === 0 && test.app().news.watches === 0))

/** Two subscriptions of a key to a job that nothing happens to, each past its first state. */
async function subscribed(secret: string) {
  const { id } = await startExport(test, csv)
  const stream = streamAnswers(await openStream(test, id, { key: secret }))
  await stream.next()
  const client = lastingSocketClient(test, secret)
  const answers = client.iterate({ query: jobUpdates, variables: { id } })
  await answers.next()
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    client.on('closed', (event) => {
      const { code, reason } = event as CloseEvent
      resolve({ code, reason })
    }),
  )
  const next = stream.next()
  // What ends a subscription over a socket, the close of it too, is thrown.
  const nextBySocket = answers.next().then(
    ({ value }) => value as Answer,
    (error: unknown): Answer =>
      Array.isArray(error) ? { errors: error as NonNullable<Answer['errors']> } : {},
  )
  return { id, stream, client, closed, next, nextBySocket }
}

type Ways = Record<string, (id: string) => Promise<unknown>>

const operator = () => callerOf(test)
const ways: Ways = {
  'is revoked': async (id) => revokeKey(test.app().db, await operator(), id),
  'is rotated without an overlap': async (id) => rotateKey(test.app().db, await operator(), id, '0'),
}

it.each(Object.keys(ways))('ends sockets and streams at once when their key %s', async (way) => {
  const { key, secret } = await makeKey(test)
  const { closed, next, nextBySocket, stream } = await subscribed(secret)
  await ways[way]!(key.id)
  expect(await closed).toMatchObject({
    code: CloseCode.Forbidden,
    reason: 'This API key is not valid: mistyped, unknown, revoked or expired.',
  })
  expect((await next).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  expect((await nextBySocket).data).toBeUndefined()
})

it('ends a stream at once, though the job that it follows cannot be read just now', async () => {
  const { key, secret } = await makeKey(test)
  const { id } = await startExport(test, csv)
  const stream = streamAnswers(await openStream(test, id, { key: secret }))
  await stream.next()
  const sql = await test.database.client().reserve()
  await sql`begin`
  await sql`lock table export_jobs in access exclusive mode`
  await test.app().news.publish(id.slice(4))
  await eventually(async () => {
    const waiting = await sql`select 1 from pg_locks where relation = 'export_jobs'::regclass and not granted`
    return waiting.length === 1
  })
  await revokeKey(test.app().db, await operator(), key.id)
  expect((await stream.next()).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  expect(await stream.next()).toEqual({ done: true, value: undefined })
  await sql`commit`
  sql.release()
})

it('ends them when the key expires by itself, and tells nobody else so', async () => {
  const [short, long] = [await makeKey(test, { expires: '1d' }), await makeKey(test)]
  await test.database.client()`update principals set expires_at = now() + interval '1500 milliseconds'
    where id = ${short.key.id}`
  const [ending, staying] = [await subscribed(short.secret), await subscribed(long.secret)]
  expect(await ending.closed).toMatchObject({ code: CloseCode.Forbidden })
  expect((await ending.next).value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  await test.database.client()`update export_jobs set version = version + 1 where id = ${staying.id.slice(4)}`
  await test.app().news.publish(staying.id.slice(4))
  expect((await staying.next).value).toMatchObject({ data: { exportJobUpdated: { version: 2 } } })
  expect(await staying.nextBySocket).toMatchObject({ data: { exportJobUpdated: { version: 2 } } })
  await staying.client.dispose()
  await staying.stream.return()
})

it('notices an end that was put forward while a socket is open', async () => {
  const { key, secret } = await makeKey(test, { expires: '1d' })
  const { closed, stream, next } = await subscribed(secret)
  const end = new Date(Date.now() + 1500).toISOString()
  await updateKey(test.app().db, await operator(), key.id, { expires: end })
  expect(await closed).toMatchObject({ code: CloseCode.Forbidden })
  await next
  await stream.return()
})

it('asks anew after a gap in the connection by which it hears of changes', async () => {
  const { key, secret } = await makeKey(test)
  const { closed, next, stream } = await subscribed(secret)
  const sql = test.database.client()
  // Nobody is told of this.
  await sql`update principals set revoked_at = now() where id = ${key.id}`
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'evalport listener' and datname = current_database()`
  expect(await closed).toMatchObject({ code: CloseCode.Forbidden })
  await next
  await stream.return()
})

it('lets a changed role hold from the next operation and the next event on', async () => {
  const { key, secret } = await makeKey(test, { role: 'reader' })
  const { id, client, next, nextBySocket, stream } = await subscribed(secret)
  await updateKey(test.app().db, await operator(), key.id, { role: 'ingestor' })
  const viewer = client.iterate({ query: '{ viewer { role } exportJobs { id } }' })
  expect((await viewer.next()).value).toMatchObject({
    errors: [{ path: ['exportJobs'], extensions: { code: 'FORBIDDEN' } }],
  })
  await test.database.client()`update export_jobs set version = version + 1 where id = ${id.slice(4)}`
  await test.app().news.publish(id.slice(4))
  for (const answer of [(await next).value, await nextBySocket]) {
    expect(answer).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] })
  }
  await updateKey(test.app().db, await operator(), key.id, { role: 'reader' })
  const again = client.iterate({ query: '{ viewer { role } }' })
  expect((await again.next()).value).toMatchObject({ data: { viewer: { role: 'reader' } } })
  await client.dispose()
  await stream.return()
})

it('refuses a key in the address of a socket, and one of another project than was named', async () => {
  const closedBy = async (address: string, payload: object) => {
    const socket = new WebSocket(
      `${test.url().replace('http', 'ws')}/graphql${address}`,
      'graphql-transport-ws',
    )
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener('close', (event) => resolve(event.code))
    })
    socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload })))
    return closed
  }
  const good = { Authorization: `Bearer ${test.key()}` }
  expect(await closedBy(`?access_token=${test.key()}`, good)).toBe(CloseCode.BadRequest)
  expect(await closedBy(`?x=${test.key()}`, {})).toBe(CloseCode.BadRequest)
  expect(await closedBy('', { ...good, project: 'other' })).toBe(CloseCode.Forbidden)
})

it('forgets sockets that leave while they are being asked who they are', async () => {
  for (let round = 0; round < 20; round++) {
    const socket = new WebSocket(`${test.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${test.key()}` } }),
    )
    socket.close()
    await new Promise((resolve) => socket.addEventListener('close', resolve))
  }
})

it('cuts a running download when its caller may not have the file any more', async () => {
  const worker = await openSecondApp(test, 1)
  const { id } = await startExport(test, csv)
  const deeds: Ways = {
    ...ways,
    'loses the permission': async (key) =>
      updateKey(test.app().db, await operator(), key, { role: 'ingestor' }),
    'only gets another name': async (key) =>
      updateKey(test.app().db, await operator(), key, { name: 'other' }),
  }
  // Longer than all buffers on the way, so that the server must still be sending.
  const bytes = 64 * 1024 * 1024
  for (const [name, deed] of Object.entries(deeds)) {
    const { key, secret } = await makeKey(test)
    const { file } = await awaitJob(test, id, secret)
    await truncate(join(test.config().dataDir, 'artifacts', `${id.slice(4)}.1.csv`), bytes)
    await test.database.client()`update export_jobs set bytes_written = ${bytes} where id = ${id.slice(4)}`
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(file!.downloadUrl, resolve).on('error', reject).end()
    })
    let received = 0
    response.on('data', (chunk: Buffer) => (received += chunk.length))
    await new Promise((resolve) => response.once('data', resolve))
    response.pause()
    const ended = new Promise<string>((resolve) => {
      response.once('aborted', () => resolve('cut'))
      response.once('error', () => resolve('cut'))
      response.once('end', () => resolve('whole'))
    })
    await deed(key.id)
    if (name === 'only gets another name') {
      response.resume()
      expect(await ended, name).toBe('whole')
      expect(received).toBe(bytes)
    } else {
      await eventually(() => test.app().principalNews.watches === 0)
      response.resume()
      expect(await ended, name).toBe('cut')
      expect(received).toBeLessThan(bytes)
    }
  }
  await worker.close()
})
