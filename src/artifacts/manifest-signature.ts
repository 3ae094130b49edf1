import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Manifest, UnsignedManifest } from '../core/manifest.ts'
import { canonicalJson } from './canonical-json.ts'

/** Signs manifests with the installation's key. */
export interface ManifestSigner {
  /** The first 16 hex digits of the public key's SHA-256. */
  readonly keyId: string
  /** Its 32 bytes in base64. */
  readonly publicKey: string
  /** The public key as PEM, to be given to whoever checks. */
  readonly publicKeyPem: string
  /** The Ed25519 signature of a text in UTF-8, in base64; the same text always gets the same. */
  readonly sign: (text: string) => string
}

/** @throws Error, which does not quote it, for what is no Ed25519 private key in PEM */
export function manifestSigner(privateKeyPem: string): ManifestSigner {
  const privateKey = readPrivateKey(privateKeyPem)
  const publicKey = createPublicKey(privateKey)
  const raw = rawPublicKey(publicKey)
  return {
    keyId: keyIdOf(raw),
    publicKey: raw.toString('base64'),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}

function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    // The cause is left out: it may quote the key.
    throw new Error('not a private key in PEM')
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new Error(`an Ed25519 key was expected, and this is one of ${key.asymmetricKeyType}`)
  }
  return key
}

/** The manifest with its signature over the canonical form of all the rest. */
export function signManifest(manifest: UnsignedManifest, signer: ManifestSigner): Manifest {
  const { keyId, publicKey } = signer
  const signature = { algorithm: 'Ed25519' as const, keyId, publicKey }
  const signed = { ...manifest, evalport: { ...manifest.evalport, signature } }
  const value = signer.sign(canonicalJson(signed))
  return { ...manifest, evalport: { ...manifest.evalport, signature: { ...signature, value } } }
}

/** What is signed: the canonical form of a manifest without `evalport.signature.value`. */
export function signedText(manifest: Manifest): string {
  const { value: _, ...signature } = manifest.evalport.signature
  return canonicalJson({ ...manifest, evalport: { ...manifest.evalport, signature } })
}

/** Whether the manifest's signature is that of the key it names. Whose key that is, it cannot say. */
export function isSignatureWhole(manifest: Manifest): boolean {
  const { keyId, publicKey, value } = manifest.evalport.signature
  const raw = Buffer.from(publicKey, 'base64')
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  })
  return (
    keyIdOf(raw) === keyId &&
    verify(null, Buffer.from(signedText(manifest)), key, Buffer.from(value, 'base64'))
  )
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')
}

export function keyIdOf(rawKey: Uint8Array): string {
  return fingerprintOf(rawKey).slice(0, 16)
}

/** The SHA-256 of a public key's 32 bytes, in hex. */
export function fingerprintOf(rawKey: Uint8Array): string {
  return createHash('sha256').update(rawKey).digest('hex')
}
