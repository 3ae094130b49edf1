import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Manifest } from '../../core/manifest.ts'
import { fingerprintOf, isSignatureWhole, keyIdOf, rawPublicKey } from '../manifest-signature.ts'
import type { VerifyProblem } from './problem.ts'

/** The key that somebody expects. */
export interface ExpectedKey {
  readonly keyId: string
  /** Whether a public key, 32 bytes in base64, is it. */
  readonly is: (publicKey: string) => boolean
}

/**
 * @param given a key id (16 hex digits), a fingerprint (64), or a file with the public key: PEM, JWK, or its 32 bytes in
 * base64
 * @throws Error that says what is wrong with it
 */
export async function expectedKey(given: string): Promise<ExpectedKey> {
  if (/^([0-9a-f]{16}|[0-9a-f]{64})$/i.test(given)) {
    const digits = given.toLowerCase()
    return {
      keyId: digits.slice(0, 16),
      is: (publicKey) => fingerprintOf(Buffer.from(publicKey, 'base64')).startsWith(digits),
    }
  }
  let text: string
  try {
    text = (await readFile(given, 'utf8')).trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(
      `${given} is neither a key id of 16 hex digits nor a file that can be read${code ? ` (${code})` : ''}`,
      { cause: error },
    )
  }
  const raw = readPublicKey(text)
  if (!raw) throw new Error(`${given} holds no Ed25519 public key as PEM, JWK or base64`)
  return { keyId: keyIdOf(raw), is: (publicKey) => publicKey === raw.toString('base64') }
}

function readPublicKey(text: string): Buffer | undefined {
  const base64 = Buffer.from(text, 'base64')
  if (base64.length === 32 && base64.toString('base64') === text) return base64
  try {
    const key = text.startsWith('{')
      ? createPublicKey({ key: JSON.parse(text) as { kty: string }, format: 'jwk' })
      : createPublicKey(text)
    return key.asymmetricKeyType === 'ed25519' ? rawPublicKey(key) : undefined
  } catch {
    return undefined
  }
}

/** What is wrong with a manifest's signature. */
export function checkSignature(
  file: string,
  manifest: Manifest,
  expected: ExpectedKey | undefined,
): VerifyProblem[] {
  const where = 'evalport.signature'
  const { keyId, publicKey } = manifest.evalport.signature
  const problems: VerifyProblem[] = []
  if (!isSignatureWhole(manifest)) {
    problems.push({
      kind: 'SIGNATURE',
      file,
      where,
      message: `It is not what the key ${keyId} signed.`,
      meaning: 'The manifest was altered after it was made: nothing it says is proven.',
    })
  }
  if (expected && !expected.is(publicKey)) {
    problems.push({
      kind: 'SIGNER',
      file,
      where,
      message: `It is signed by the key ${keyId}, and ${expected.keyId} was expected.`,
      meaning: 'It comes from another installation than the one you trust, or from a forger.',
    })
  }
  return problems
}
