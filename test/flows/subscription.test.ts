import { CloseCode } from 'graphql-ws'
import { expect, it } from 'vitest'
import { insertGeneratedRows } from '../support/generated-rows.ts'
import { useTestApp } from '../support/app.ts'
import { awaitJob, startExport } from '../support/exports.ts'
import { makeKey } from '../support/keys.ts'
import {
  jobUpdates,
  openStream,
  socketClient,
  statesOf,
  streamAnswers,
  watchBySocket,
  watchByStream,
} from '../support/subscriptions.ts'
import { eventually, openSecondApp } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })
const csv = { source: { evaluationResults: {} }, format: 'CSV' }
const nobodyWatches = () => eventually(() => test.app().news.watches === 0)

/** A key of another project. */
async function foreignKey(): Promise<string> {
  return (await makeKey(test, { project: 'other' })).secret
}

it('begins with the current state and ends after the final one, for each of two subscribers', async () => {
  await insertGeneratedRows(test.database.client(), 1, 3000)
  const { id } = await startExport(test, csv)
  const stream = streamAnswers(await openStream(test, id))
  const first = await stream.next()
  expect(first.value).toMatchObject({ data: { exportJobUpdated: { status: 'QUEUED', version: 1 } } })
  const socket = watchBySocket(test, id)
  const worker = await openSecondApp(test, 1)
  const streamed = []
  for await (const answer of stream) streamed.push(answer)
  for (const states of [statesOf(streamed), statesOf(await socket)]) {
    expect(states.at(-1)).toMatchObject({
      status: 'SUCCEEDED',
      progress: { percent: 100, rowsWritten: 3000 },
    })
  }
  await worker.close()
  await nobodyWatches()
})

it('gives a finished job once and ends, however one asks', async () => {
  const worker = await openSecondApp(test, 1)
  const { id } = await startExport(test, csv)
  const job = await awaitJob(test, id)
  for (const answers of [await watchBySocket(test, id), await watchByStream(test, id)]) {
    const states = statesOf(answers)
    expect(states).toHaveLength(1)
    expect(states[0]).toMatchObject({ status: 'SUCCEEDED', version: job.version })
  }
  await worker.close()
})

it('tells the end of a job that failed', async () => {
  const { id } = await startExport(test, csv)
  await test.database.client()`update export_jobs set status = 'FAILED', version = 2,
    failure = '{"code": "EXPORT_FAILED", "message": "It failed."}' where id = ${id.slice(4)}`
  expect(statesOf(await watchByStream(test, id))).toMatchObject([
    { status: 'FAILED', failure: { message: 'It failed.' }, file: null },
  ])
})

it('knows no job of another project, and none of an unknown or a senseless id', async () => {
  const { id } = await startExport(test, csv)
  const stranger = await foreignKey()
  for (const [wanted, key] of [
    [id, stranger],
    ['exp_00000000-0000-7000-8000-000000000000', test.key()],
    ['\0', test.key()],
    ['', test.key()],
  ] as const) {
    for (const answers of [await watchBySocket(test, wanted, key), await watchByStream(test, wanted, key)]) {
      expect(answers).toHaveLength(1)
      expect(answers[0]!.errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    }
  }
  expect(test.app().news.watches).toBe(0)
})

it('refuses a socket without a good key', async () => {
  for (const key of ['', 'nonsense', test.key().replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
    await expect(watchBySocket(test, 'exp_x', key)).rejects.toMatchObject({ code: CloseCode.Forbidden })
    const response = await openStream(test, 'exp_x', { key: key || 'none' })
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    await response.body?.cancel()
  }
})

it('leaves no watch behind when 300 subscribers leave, at once or after the first state', async () => {
  const { id } = await startExport(test, csv)
  for (let round = 0; round < 15; round++) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const leaving = new AbortController()
        const response = await openStream(test, id, { signal: leaving.signal })
        const stream = streamAnswers(response)
        if (index % 2 === 0) await stream.next()
        leaving.abort()
        await stream.return().catch(() => {})
      }),
    )
    const client = socketClient(test)
    await Promise.all(
      Array.from({ length: 10 }, async (_, index) => {
        const answers = client.iterate({ query: jobUpdates, variables: { id } })
        const first = answers.next()
        if (index % 2 === 0) await first
        await answers.return!()
      }),
    )
    await client.dispose()
  }
  await nobodyWatches()
})

it('leaves no watch behind when connections are cut before anything was answered', async () => {
  const { id } = await startExport(test, csv)
  for (let round = 0; round < 20; round++) {
    const leaving = new AbortController()
    const asked = openStream(test, id, { signal: leaving.signal }).catch(() => {})
    const socket = new WebSocket(`${test.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const acknowledged = new Promise((resolve) => socket.addEventListener('message', resolve))
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${test.key()}` } }),
    )
    await acknowledged
    socket.send(
      JSON.stringify({ type: 'subscribe', id: '1', payload: { query: jobUpdates, variables: { id } } }),
    )
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve))
    socket.close()
    leaving.abort()
    await Promise.all([asked, closed])
  }
  // Work that was begun for them may still open a watch for a moment: an export that ends closes what is left for good.
  expect((await test.query('{ exportFormats { id } }')).status).toBe(200)
  await nobodyWatches()
  await test.app().news.publish(id.slice(4))
  await nobodyWatches()
})

it('keeps a socket open after a document that is none, and goes on with the other operations', async () => {
  const { id } = await startExport(test, csv)
  const client = socketClient(test)
  const answers = client.iterate({ query: jobUpdates, variables: { id } })
  await answers.next()
  for (const query of ['{', '{'.repeat(20_000), '{ nothing }', `{ ${'a: __typename '.repeat(2000)} }`]) {
    await expect(client.iterate({ query }).next(), query.slice(0, 20)).rejects.toMatchObject([
      { message: expect.any(String) as string },
    ])
  }
  const other = await client.iterate({ query: '{ exportFormats { id } }' }).next()
  expect(other.value).toMatchObject({ data: { exportFormats: [{ id: 'CSV' }, {}, {}, {}] } })
  await answers.return!()
  await client.dispose()
  await nobodyWatches()
})
