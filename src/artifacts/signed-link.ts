import { createHmac, timingSafeEqual } from 'node:crypto'

/** What a download link allows: these bytes of this job, for this caller, until then. */
export interface LinkClaims {
  readonly jobId: string
  /** The file's digest: a link can never serve other bytes than those it was made for. */
  readonly sha256: string
  /** The key or member for whom the link was made. */
  readonly principalId: string
  /** Unix seconds. */
  readonly expires: number
}

/** Signs and checks download links; the same claims always give the same signature. */
export interface LinkSigner {
  sign(claims: LinkClaims): string
  /** In constant time. */
  verify(claims: LinkClaims, signature: string): boolean
}

export function linkSigner(secret: Uint8Array | string): LinkSigner {
  const sign = (claims: LinkClaims): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['download', claims.jobId, claims.sha256, claims.principalId, claims.expires]))
      .digest()
  return {
    sign: (claims) => sign(claims).toString('base64url'),
    verify(claims, signature) {
      // One spelling only: base64url has others that decode to the same bytes.
      const given = Buffer.from(signature, 'base64url')
      const right = sign(claims)
      return (
        given.length === right.length &&
        given.toString('base64url') === signature &&
        timingSafeEqual(given, right)
      )
    },
  }
}
