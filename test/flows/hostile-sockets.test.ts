import { request } from 'node:http'
import { connect } from 'node:net'
import { CloseCode } from 'graphql-ws'
import { expect, it } from 'vitest'
import { useTestApp } from '../support/app.ts'
import { startExport } from '../support/exports.ts'
import { jobUpdates, socketClient } from '../support/subscriptions.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })

/** Sends these messages one after the other, and tells how the socket was closed. */
async function closedBy(...messages: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<number> {
  const socket = new WebSocket(`${test.url().replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', (event) => resolve(event.code))
  })
  socket.addEventListener('open', () => messages.forEach((message) => socket.send(message)))
  return closed
}

const init = () =>
  JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${test.key()}` } })
const subscribe = (payload: unknown) => JSON.stringify({ type: 'subscribe', id: '1', payload })

it('closes sockets that break the protocol, and goes on serving', async () => {
  expect(await closedBy('nonsense')).toBe(CloseCode.BadRequest)
  expect(await closedBy(new Uint8Array([0, 255]))).toBe(CloseCode.BadRequest)
  expect(await closedBy('{"type":"nothing"}')).toBe(CloseCode.BadRequest)
  expect(await closedBy(subscribe({ query: '{ __typename }' }))).toBe(CloseCode.Unauthorized)
  expect(await closedBy(init(), init())).toBe(CloseCode.TooManyInitialisationRequests)
  expect(await closedBy(init(), subscribe({ query: 5 }))).toBe(CloseCode.BadRequest)
  expect(await closedBy('['.repeat(60_000))).toBe(CloseCode.BadRequest)
  expect(await closedBy('x'.repeat(100_000))).toBe(1009)
  const client = socketClient(test)
  expect((await client.iterate({ query: '{ __typename }' }).next()).value).toMatchObject({
    data: { __typename: 'Query' },
  })
  await client.dispose()
})

it('takes one operation of an id at a time, and ends all of a socket with it', async () => {
  const { id } = await startExport(test, { source: { evaluationResults: {} }, format: 'CSV' })
  const operation = subscribe({ query: jobUpdates, variables: { id } })
  expect(await closedBy(init(), operation, operation)).toBe(CloseCode.Unauthorized)
  const client = socketClient(test)
  const answers = client.iterate({ query: jobUpdates, variables: { id } })
  await answers.next()
  await client.dispose()
  await eventually(() => test.app().news.watches === 0)
})

it('answers the next request after one that was cut in the middle of its body', async () => {
  for (const path of ['/graphql', '/ingest?path=x']) {
    const socket = connect(Number(new URL(test.url()).port), '127.0.0.1')
    await new Promise<void>((resolve) => {
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${test.key()}\r\n` +
          'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"query":',
        () => resolve(),
      )
    })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.destroy()
    await closed
    expect((await test.query('{ __typename }')).status).toBe(200)
  }
})

it('reads no more than a megabyte of a body whose length it was not told', async () => {
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${test.key()}` }
    const sending = request(`${test.url()}/graphql`, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode)
      response.destroy()
    })
    sending.on('error', reject)
    // Never ended, so that only a reader who counts can answer.
    sending.write('{"query":"{ __typename }","pad":"')
    for (let piece = 0; piece < 32; piece++) sending.write(Buffer.alloc(65_536, 'x'))
  })
  expect(status).toBe(413)
})
