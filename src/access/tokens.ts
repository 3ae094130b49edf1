import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
import { AppError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { issuerKeys } from './issuer-keys.ts'
import type { IssuerSettings } from './issuer-settings.ts'

/** A token that its issuer has signed, for us, and that is good now. */
export interface VerifiedToken {
  readonly settings: IssuerSettings
  readonly subject: string
  readonly claims: JWTPayload
  /** RFC 3339. */
  readonly expiresAt: string
  /** When it was made, in seconds since 1970 and not later than now; undefined: it does not say. */
  readonly issuedAt: number | undefined
}

export interface TokenVerifier {
  /** False: no issuer is configured, so that there are no tokens. */
  readonly takesTokens: boolean
  /** @throws AppError UNAUTHENTICATED saying why; UNAVAILABLE when the issuer's keys cannot be had */
  verify(token: string): Promise<VerifiedToken>
}

const longestToken = 16_384
const subjects = /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]{1,255}$/u // oxlint-disable-line no-control-regex
/** RFC 9068, and those that say nothing more. */
const types = ['at+jwt', 'application/at+jwt', 'jwt']
/** What tells a client who has signed in says who that was, not what it may do. */
const ofIdTokens = ['at_hash', 'c_hash', 's_hash', 'nonce']
const lastSecond = 253_402_300_799

/** The one place that decides whether a token is good. Nothing of a token is ever told in an error or logged. */
export function tokenVerifier(issuers: readonly IssuerSettings[], log: Log): TokenVerifier {
  const known = new Map<string, { settings: IssuerSettings; keys: JWTVerifyGetKey }>(
    issuers.map((settings) => [settings.issuer, { settings, keys: issuerKeys(settings, log) }]),
  )
  return {
    takesTokens: known.size > 0,
    async verify(token) {
      if (token.length > longestToken) throw refused('it is too long')
      const issuer = known.get(issuerIn(token) ?? '')
      if (!issuer) throw refused('no issuer that this server trusts has made it')
      const { settings, keys } = issuer
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keys, {
          issuer: settings.issuer,
          audience: settings.audience,
          algorithms: settings.algorithms,
          clockTolerance: settings.clockToleranceSeconds,
          requiredClaims: ['sub', 'exp'],
        })
        const { typ } = protectedHeader
        if (
          (typ !== undefined && !types.includes(typ.toLowerCase())) ||
          ofIdTokens.some((name) => name in payload)
        )
          throw refused('it is no access token')
        if (typeof payload.sub !== 'string' || !subjects.test(payload.sub))
          throw refused('its subject is none')
        const expires = Math.min(Math.floor(payload.exp!), lastSecond)
        const expiresAt = new Date(expires * 1000).toISOString().replace('Z', '000Z')
        return { settings, subject: payload.sub, claims: payload, expiresAt, issuedAt: issuedAtOf(payload) }
      } catch (error) {
        throw error instanceof AppError ? error : refused(reasonOf(error))
      }
    },
  }
}

/** As the token says itself: it decides only with whose keys it is verified. */
function issuerIn(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/** A time to come would make every later token look older. */
function issuedAtOf({ iat }: JWTPayload): number | undefined {
  return iat === undefined ? undefined : Math.max(0, Math.min(Math.floor(iat), Math.floor(Date.now() / 1000)))
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return 'it is not meant for this server (aud)'
    if (error.claim === 'nbf') return 'it is not good yet (nbf)'
    return `its claim ${error.claim} is missing or wrong`
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'it is not signed by an algorithm that is taken here'
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key'
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it does not say by which key it was signed'
  if (error instanceof errors.JOSEError || error instanceof TypeError) return 'its form or signature is wrong'
  throw error
}

function refused(why: string): AppError {
  return new AppError('UNAUTHENTICATED', `This token is not accepted: ${why}.`, {
    hint: 'Get a new access token for this server from your identity provider.',
  })
}
