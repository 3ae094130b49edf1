import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWTPayload } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { useTestApp, type TestApp } from './app.ts'
import { makeKey } from './keys.ts'
import { audience, startProvider, type TestProvider } from './oidc-provider.ts'
import { eventually } from './worker.ts'

export interface Viewer {
  readonly name: string
  readonly kind: string
  readonly project: string
  readonly role: string
  readonly permissions: string[]
  readonly expiresAt: string
}

/** Who somebody is, or how it was refused. */
export interface WhoIs extends Partial<Viewer> {
  readonly status: number
  readonly code?: string
  readonly message?: string
  readonly hint?: string
}

export interface TokenTest {
  readonly test: TestApp
  /** Tells roles and projects. */
  readonly telling: TestProvider
  /** Says who somebody is, no more. */
  readonly silent: TestProvider
  /** Is not trusted. */
  readonly stranger: TestProvider
  /** What a good token of the telling provider says. */
  readonly good: (more?: JWTPayload) => JWTPayload
  /** Asks the server who a token makes one. */
  readonly whoIs: (token: string, project?: string) => Promise<WhoIs>
}

export const now = (): number => Math.floor(Date.now() / 1000)

/** The whole app with the projects `default` and `second`, and two real identity providers that it trusts. */
export async function useTokenTest(): Promise<TokenTest> {
  const [telling, silent, stranger] = [await startProvider(), await startProvider(), await startProvider()]
  const folder = await mkdtemp(join(tmpdir(), 'evalport-oidc-'))
  const path = join(folder, 'oidc.json')
  const settings = [
    {
      issuer: telling.issuer,
      audience: [audience, 'https://old.example'],
      keysCooldownSeconds: 0,
      roleClaim: 'evalport.roles',
      roles: { platform: 'admin', evaluators: 'analyst', viewers: 'reader' },
      projectClaim: 'project',
      nameClaim: 'called',
    },
    { issuer: silent.issuer, audience, jwksUrl: `${silent.issuer}/jwks`, keysCooldownSeconds: 0 },
  ]
  await writeFile(path, JSON.stringify(settings))
  const test = useTestApp({ workerConcurrency: 0, env: { EVALPORT_OIDC: path } })
  beforeAll(() => makeKey(test, { project: 'second' }))
  beforeEach(() => {
    telling.claims = { evalport: { roles: ['evaluators'] }, project: 'default' }
  })
  afterEach(() => eventually(() => test.app().principalNews.watches === 0))
  afterAll(async () => {
    await Promise.all([telling.stop(), silent.stop(), stranger.stop()])
    await rm(folder, { recursive: true })
  })
  return {
    test,
    telling,
    silent,
    stranger,
    good: (more) => ({
      iss: telling.issuer,
      sub: 'service',
      aud: audience,
      exp: now() + 600,
      ...telling.claims,
      ...more,
    }),
    async whoIs(token, project) {
      const response = await fetch(`${test.url()}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          ...(project !== undefined && { 'x-evalport-project': project }),
        },
        body: JSON.stringify({ query: '{ viewer { name kind project role permissions expiresAt } }' }),
      })
      const answer = (await response.json()) as {
        data?: { viewer: Viewer }
        errors?: { message: string; extensions: { code: string; hint: string } }[]
      }
      const [error] = answer.errors ?? []
      return {
        status: response.status,
        ...answer.data?.viewer,
        ...(error && { message: error.message, ...error.extensions }),
      }
    },
  }
}
