import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { expect, it } from 'vitest'
import { revokeKey, updateKey } from '../../src/accounts/change-keys.ts'
import { ingestFile } from '../../src/ingest/ingest.ts'
import { useTestApp } from '../support/app.ts'
import { callerOf, makeKey } from '../support/keys.ts'
import { eventually } from '../support/worker.ts'

const test = useTestApp({ workerConcurrency: 0 })

const line = (session: string, index: number) =>
  `${JSON.stringify({ kind: 'user_prompt', session_id: session, request: `prompt ${index}` })}\n`
const stored = async (session: string) =>
  (await test.database.client()`select 1 from agent_interactions where session_id = ${session}`).length
const spooled = async () => (await readdir(test.app().spoolFolder).catch(() => [])).length
const file = (path: string, body: AsyncIterable<Uint8Array>) => ({
  path,
  fallbackTime: { at: '2026-05-24T13:46:19Z', source: 'ingest' } as const,
  format: 'own-json',
  body,
})

const losses = {
  'its key is revoked': async (key: string) => revokeKey(test.app().db, await callerOf(test), key),
  'it may write no more': async (key: string) =>
    updateKey(test.app().db, await callerOf(test), key, { role: 'reader' }),
}

it.each(Object.entries(losses))(
  'cuts an upload at once when %s, and keeps nothing of it',
  async (name, lose) => {
    const { key, secret } = await makeKey(test, { role: 'ingestor' })
    const url = `${test.url()}/ingest?path=late.ndjson&format=own-json`
    const upload = request(url, { method: 'POST', headers: { authorization: `Bearer ${secret}` } })
    const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
      upload.on('error', reject).on('response', (response) => {
        let text = ''
        response.on('data', (part: Buffer) => (text += part.toString()))
        response.on('end', () => resolve({ status: response.statusCode!, text }))
      })
    })
    upload.write(line(name, 1))
    await eventually(async () => (await spooled()) === 1 && test.app().principalNews.watches === 1)
    await lose(key.id)
    // Its sender has not ended the body, and never will.
    const { status, text } = await answered
    expect([status, JSON.parse(text)]).toMatchObject(
      lose === losses['its key is revoked']
        ? [401, { error: { code: 'UNAUTHENTICATED' } }]
        : [403, { error: { code: 'FORBIDDEN' } }],
    )
    upload.destroy()
    await eventually(async () => (await spooled()) === 0 && test.app().principalNews.watches === 0)
    expect(await stored(name)).toBe(0)
  },
)

it('stores nothing of a file whose sender was ended while it was received', async () => {
  const { key, secret } = await makeKey(test, { role: 'ingestor' })
  const caller = await callerOf(test, secret)
  const body = async function* () {
    yield Buffer.from(line('received', 1))
    await losses['its key is revoked'](key.id)
  }
  await expect(ingestFile(test.app(), caller, file('a', body()))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  })
  expect([await stored('received'), await spooled()]).toEqual([0, 0])
})

it('stores no further batch for somebody who was ended meanwhile, and keeps what is stored whole', async () => {
  const { key, secret } = await makeKey(test, { role: 'ingestor' })
  const caller = await callerOf(test, secret)
  const body = async function* () {
    for (let index = 0; index < 3500; index++) yield Buffer.from(line('batches', index))
  }
  const sql = await test.database.client().reserve()
  await sql`begin`
  await sql`lock table agent_interactions in access exclusive mode`
  const ingesting = ingestFile(test.app(), caller, file('b', body())).then(
    () => 'all of it',
    (error: { code?: string }) => error.code,
  )
  await eventually(async () => {
    const waiting = await sql`select 1 from pg_locks
      where relation = 'agent_interactions'::regclass and not granted`
    return waiting.length > 0
  })
  await losses['its key is revoked'](key.id)
  await sql`commit`
  sql.release()
  expect(await ingesting).toBe('UNAUTHENTICATED')
  expect(await stored('batches')).toBe(1000)
  const again = await callerOf(test, (await makeKey(test, { role: 'ingestor' })).secret)
  expect(await ingestFile(test.app(), again, file('b', body()))).toMatchObject({
    status: 'ingested',
    records: { told: 3500 },
  })
  expect(await stored('batches')).toBe(3500)
})
