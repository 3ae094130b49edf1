import {
  createRemoteJWKSet,
  customFetch,
  errors,
  jwksCache,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
} from 'jose'
import { z } from 'zod'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { isProviderUrl, type IssuerSettings } from './issuer-settings.ts'

const timeout = 5000
const maxBytes = 512 * 1024
/** Known keys are used for so long, though their issuer does not answer. */
const longestAge = 86_400_000

/** What jose says of a token, and not of the issuer's keys. */
const ofToken = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JOSENotSupported]

const discovered = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isProviderUrl) })

/**
 * The keys that an issuer signs with: fetched at first use, anew after some minutes, and when a token names one that is
 * not among them. While the issuer does not answer, those that are known go on.
 * @throws AppError UNAVAILABLE, from the function it gives back, when a key cannot be had
 */
export function issuerKeys(settings: IssuerSettings, log: Log): JWTVerifyGetKey {
  const cache: { [Key in 'uat' | 'jwks']?: unknown } = {}
  const maxAge = settings.keysMaxAgeSeconds * 1000
  const cooldown = settings.keysCooldownSeconds * 1000
  let opening: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined
  let quietUntil = 0

  // Tokens come from anybody: after a failure, none of them makes us ask the issuer again for a while.
  const fetchNow: typeof fetchJson = async (url, init) => {
    if (Date.now() < quietUntil) throw new LeftInPeace(`${settings.issuer} has just failed to answer`)
    return fetchJson(url, init)
  }
  const open = async () => {
    const url = settings.jwksUrl ?? (await discoverKeys(settings.issuer, fetchNow))
    return createRemoteJWKSet(new URL(url), {
      timeoutDuration: timeout,
      cooldownDuration: cooldown,
      // What is old is fetched anew below, where it is not lost if that fails.
      cacheMaxAge: Infinity,
      [jwksCache]: cache as JWKSCacheInput,
      [customFetch]: fetchNow,
    })
  }
  const failed = (cause: unknown) => {
    const now = Date.now()
    // Many may have waited for the one fetch that failed.
    if (now >= quietUntil && !(cause instanceof LeftInPeace)) {
      quietUntil = now + cooldown
      log.warn({ err: cause, issuer: settings.issuer }, 'the keys of an identity provider cannot be had')
    }
    return new AppError(
      'UNAVAILABLE',
      `The identity provider ${settings.issuer} does not tell its keys just now.`,
      { hint: 'Try again in a moment. API keys work without it.' },
    )
  }
  return async (header, token) => {
    opening ??= open()
    const keys = await opening.catch((error: unknown) => {
      opening = undefined
      throw failed(error)
    })
    const age = typeof cache.uat === 'number' ? Date.now() - cache.uat : 0
    if (age > maxAge) {
      await keys.reload().catch((error: unknown) => {
        const unavailable = failed(error)
        if (age > longestAge) throw unavailable
      })
    }
    try {
      return await keys(header, token)
    } catch (error) {
      throw ofToken.some((kind) => error instanceof kind) ? error : failed(error)
    }
  }
}

/** An issuer that has failed is not asked just now. */
class LeftInPeace extends Error {}

/** OpenID Connect Discovery: only the issuer itself may say where its keys are. */
async function discoverKeys(issuer: string, get: typeof fetchJson): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await get(url, { redirect: 'manual', signal: AbortSignal.timeout(timeout) })
  const told = discovered.parse(await response.json())
  if (told.issuer !== issuer) throw new Error(`${url} is of another issuer, ${JSON.stringify(told.issuer)}`)
  // Plain http is for issuers on this machine; another may not point into it.
  if (issuer.startsWith('https:') && !told.jwks_uri.startsWith('https:'))
    throw new Error(`the keys of ${issuer} must be https, not ${told.jwks_uri}`)
  return told.jwks_uri
}

/** JSON of a bounded size; redirects are not followed. @throws Error for any other answer */
async function fetchJson(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init)
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel()
    throw new Error(`${url} answers with status ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`${url} answers with more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Response.json(JSON.parse(Buffer.concat(chunks).toString()))
}
