import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectApi } from '../../src/commands/api-client.ts'
import { loadConfig } from '../../src/config.ts'

let base: string
const connect = (env: Record<string, string>) =>
  connectApi(loadConfig({ EVALPORT_DATA_DIR: base, ...env }), new AbortController().signal)

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'evalport-client-'))
  await writeFile(join(base, 'admin.key'), 'evp_admin_secret\n')
})
afterAll(() => rm(base, { recursive: true, force: true }))

describe('the admin key of the data folder', () => {
  it.each([
    'http://127.0.0.1:1',
    'https://127.9.8.7/evalport',
    'http://localhost',
    'http://LOCALHOST:4600',
    'http://[::1]:4600',
  ])('is for %s, which is this machine', (url) => {
    expect(() => connect({ EVALPORT_URL: url })).not.toThrow()
  })

  it.each([
    'http://192.168.1.2:4600',
    'https://evalport.example.org',
    'http://localhost.example.org',
    'http://127.0.0.1.example.org',
    'http://127.0.0.1x.example.org:4600',
    'http://example.org/localhost',
    'http://[::2]:4600',
    'http://0.0.0.0.example.org',
  ])('is never sent to %s, which may be another', (url) => {
    expect(() => connect({ EVALPORT_URL: url })).toThrow(`There is no API key for ${url}.`)
    expect(() => connect({ EVALPORT_URL: url, EVALPORT_API_KEY: 'evp_own_key' })).not.toThrow()
  })

  it.each(['http://localhost:1@example.org', 'http://127.0.0.1@example.org'])('is not lured to %s', (url) => {
    expect(() => connect({ EVALPORT_URL: url })).toThrow('must not hold a user name or a password')
  })
})

describe('a server', () => {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = []
  const other = createServer(({ url, headers }, response) => {
    seen.push({ url, headers })
    response.end('<html>another program</html>')
  })
  let port: number
  beforeAll(async () => {
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    port = (other.address() as AddressInfo).port
  })
  afterAll(() => void other.close())

  it('is found by what the one that runs on the data folder has left', async () => {
    await writeFile(join(base, 'server.json'), JSON.stringify({ pid: 1, url: `http://127.0.0.1:${port}` }))
    await expect(connect({}).query('{ me }')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(seen.at(-1)).toMatchObject({
      url: '/graphql',
      headers: { authorization: 'Bearer evp_admin_secret' },
    })
    await expect(connect({ EVALPORT_URL: 'http://127.0.0.1:1' }).query('{ me }')).rejects.toThrow(
      'No server answers at http://127.0.0.1:1.',
    )
  })

  it('that is another program is told apart', async () => {
    await expect(connect({ EVALPORT_URL: `http://127.0.0.1:${port}` }).query('{ me }')).rejects.toMatchObject(
      {
        message: `http://127.0.0.1:${port} answers, but not as Evalport does (status 200).`,
        hint: 'Check EVALPORT_URL and EVALPORT_PORT.',
      },
    )
  })
})
