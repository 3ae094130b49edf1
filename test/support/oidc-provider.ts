import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK, type JWTPayload } from 'jose'
import Provider, { type Adapter, type Configuration } from 'oidc-provider'

export const audience = 'https://evalport.example/api'

/** A real OpenID provider on this machine, whose clients get access tokens by their credentials. */
export interface TestProvider {
  readonly issuer: string
  /** What its access tokens claim besides. */
  claims: Record<string, unknown>
  /** A token of a client, whose subject is the client itself. */
  token(client?: string, resource?: string): Promise<string>
  /** Something signed by its key as if it were its own, for what it would never say itself. */
  sign(payload: JWTPayload, header?: { typ?: string; kid?: string; alg?: string }): Promise<string>
  /** The key it signs with, private part and all. */
  key(): JWK
  /** Signs with a new key from now on, and forgets the old one. */
  rotate(): Promise<void>
  /** Answers nobody, until it is started again at the same place. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startProvider(): Promise<TestProvider> {
  let server: Server = createServer()
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  let key = await newKey()
  const serve = () => {
    const handle = new Provider(
      issuer,
      configuration(key, () => provider.claims),
    ).callback()
    server.removeAllListeners('request').on('request', (request, response) => void handle(request, response))
  }
  const provider: TestProvider = {
    issuer,
    claims: {},
    async token(client = 'service', resource = audience) {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${client}:secret`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'use', resource }),
      })
      const answer = (await response.json()) as { access_token?: string }
      if (!answer.access_token) throw new Error(JSON.stringify(answer))
      return answer.access_token
    },
    async sign(payload, header = {}) {
      const alg = header.alg ?? 'RS256'
      return new SignJWT(payload)
        .setProtectedHeader({ typ: 'at+jwt', kid: key.kid!, ...header, alg })
        .sign(await importJWK(key, alg))
    },
    key: () => key,
    async rotate() {
      key = await newKey()
      serve()
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async start() {
      server = createServer()
      serve()
      await listen(server, port)
    },
  }
  serve()
  return provider
}

async function newKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: crypto.randomUUID() }
}

function configuration(key: JWK, claims: () => Record<string, unknown>): Configuration {
  const client = (id: string) => ({
    client_id: id,
    client_secret: 'secret',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  })
  return {
    // It need remember nothing: its tokens say all that there is to say.
    adapter: () => ({ ...forgetful }),
    ttl: { ClientCredentials: 600 },
    jwks: { keys: [key] } as NonNullable<Configuration['jwks']>,
    clients: ['service', 'robot', 'newcomer'].map(client),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          scope: 'use',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: claims,
  }
}

const nothing = async () => {}
const forgetful = {
  upsert: nothing,
  find: nothing,
  findByUserCode: nothing,
  findByUid: nothing,
  consume: nothing,
  destroy: nothing,
  revokeByGrantId: nothing,
} satisfies Adapter

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
}
