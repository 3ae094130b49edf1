import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import { expect, it } from 'vitest'
import { useExportingServer } from '../support/exporting-server.ts'
import { useOwnPostgres } from '../support/own-postgres.ts'
import { until } from '../support/processes.ts'

const postgres = useOwnPostgres()
const server = useExportingServer(postgres, { rows: 6_000 })

type ToldErrors = readonly { readonly extensions?: { readonly code?: unknown } | undefined }[]
const codesOf = (errors: ToldErrors) => errors.map(({ extensions }) => extensions?.code)

/** The states that a subscription tells, to its end; a client subscribes again when the server could not go on. */
async function follow(id: string): Promise<readonly string[]> {
  const states: string[] = []
  const over = () => ['SUCCEEDED', 'FAILED'].includes(states.at(-1) ?? '')
  for (let tries = 0; tries < 300 && !over(); tries++) {
    const client = createClient({
      url: `${server.process().url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${server.key()}` },
      retryAttempts: 0,
    })
    try {
      const answers = client.iterate<{ exportJobUpdated: { status: string } }>({
        query: 'subscription ($id: ID!) { exportJobUpdated(id: $id) { status } }',
        variables: { id: `exp_${id}` },
      })
      for await (const { data, errors } of answers) {
        if (data) states.push(data.exportJobUpdated.status)
        else expect(codesOf(errors!)).toEqual(['UNAVAILABLE'])
      }
    } catch (closed) {
      if (closed instanceof Error) throw closed
      // The operation was refused, or the socket closed with: try again later.
      if (Array.isArray(closed)) expect(codesOf(closed as ToldErrors)).toEqual(['UNAVAILABLE'])
      else expect((closed as { code?: number }).code).toBe(1013)
    } finally {
      await client.dispose()
    }
    if (!over()) await delay(500)
  }
  return states
}

/** Expects every door to say, in its own way, that one must come back. */
async function expectUnavailable(): Promise<void> {
  await until('the server has noticed', async () => {
    const { status } = await fetch(`${server.process().url}/healthz`)
    return status === 503
  })
  const asked = await server.api('{ exportJobs(first: 1) { nodes { id } } }')
  expect(asked).toMatchObject({ status: 503, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
  const format =
    'mutation { startExport(input: { source: { evaluationResults: {} }, format: CSV }) { __typename } }'
  expect(await server.api(format)).toMatchObject({
    status: 503,
    errors: [{ extensions: { code: 'UNAVAILABLE' } }],
  })
  const upload = await fetch(`${server.process().url}/ingest?path=a.json`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key()}` },
    body: '{}',
  })
  expect({ status: upload.status, ...((await upload.json()) as object) }).toMatchObject({
    status: 503,
    error: { code: 'UNAVAILABLE' },
  })
}

it('goes on with an export when Postgres has crashed and is there again', { timeout: 90_000 }, async () => {
  const id = await server.start()
  const followed = follow(id)
  // Awaited at the end; until then a failure must not count as unhandled.
  followed.catch(() => {})
  for (const parts of [2, 8]) {
    await server.untilParts(id, parts)
    await postgres.crash()
    if (parts === 2) await expectUnavailable()
    await postgres.start()
  }
  await server.untilEnded(id, 60_000)
  const { attempt, losses } = await server.expectWhole(id)
  expect(attempt).toBeLessThanOrEqual(3)
  expect(losses).toBeLessThanOrEqual(1)
  expect((await followed).at(-1)).toBe('SUCCEEDED')
})

it('loses no export while Postgres is away for a minute', { timeout: 180_000 }, async () => {
  const ids = await Promise.all(
    ['NDJSON', 'CSV', 'NDJSON', 'CSV', 'CSV'].map((format) => server.start(format)),
  )
  const followed = Promise.all(ids.map(follow))
  // Awaited at the end; until then a failure must not count as unhandled.
  followed.catch(() => {})
  await server.untilParts(ids[0]!, 2)
  await postgres.crash()
  await expectUnavailable()
  await delay(60_000)
  await expectUnavailable()
  await postgres.start()
  for (const id of ids) await server.untilEnded(id, 60_000)
  for (const id of ids) {
    const { attempt } = await server.expectWhole(id)
    expect(attempt).toBeLessThanOrEqual(2)
  }
  expect((await followed).map((states) => states.at(-1))).toEqual(ids.map(() => 'SUCCEEDED'))
})
