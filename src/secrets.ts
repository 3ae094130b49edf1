import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { manifestSigner, type ManifestSigner } from './artifacts/manifest-signature.ts'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import { parsePrivacySecrets, privacyKeys, type PrivacyKeys } from './privacy/keys.ts'
import { builtInRules, ruleSetWith, type RuleSet } from './privacy/redaction/rule-set.ts'
import { storedSecret } from './stored-secret.ts'

/** The key that signs download links. */
export async function signingKey(config: Config, folder: DataFolder): Promise<Buffer | string> {
  if (config.signingKey !== undefined) return config.signingKey
  const path = folder.path('link-signing.key')
  const key = Buffer.from(await storedSecret(path, randomHex), 'hex')
  if (key.length === 32) return key
  throw new Error(
    `${path} does not hold a signing key: 64 hex digits were expected. Delete it to have a new one made; links given out before end then.`,
  )
}

function randomHex(): string {
  return randomBytes(32).toString('hex')
}

/** The key that signs manifests. Whoever checks them must know its public half, so it is kept, not made anew. */
export async function openManifestSigner(config: Config, folder: DataFolder): Promise<ManifestSigner> {
  // Settings in one line have `\n` where the PEM has line breaks.
  if (config.manifestKey !== undefined)
    return signerFrom('EVALPORT_MANIFEST_KEY', config.manifestKey.replaceAll('\\n', '\n'))
  const path = folder.path('manifest-signing.key')
  return signerFrom(path, await storedSecret(path, newPrivateKey))
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim()
}

function signerFrom(place: string, pem: string): ManifestSigner {
  try {
    return manifestSigner(pem)
  } catch (error) {
    throw new Error(
      `${place}: ${(error as Error).message}. Give an Ed25519 private key as PKCS#8 PEM: openssl genpkey -algorithm ed25519`,
      { cause: error },
    )
  }
}

/** The keys of pseudonyms and marks. They are no part of the database: without them, its dump names nobody. */
export async function openPrivacyKeys(config: Config, folder: DataFolder): Promise<PrivacyKeys> {
  if (config.privacyKeys !== undefined) return privacyKeys(parse('EVALPORT_PRIVACY_KEYS', config.privacyKeys))
  const path = folder.path('privacy.keys')
  return privacyKeys(parse(path, await storedSecret(path, () => `1:${randomHex()}`)))
}

function parse(place: string, text: string) {
  try {
    return parsePrivacySecrets(text)
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}.`, { cause: error })
  }
}

/** The built-in rules, with those of the configured file. @throws Error that names everything wrong with the file */
export async function loadRuleSet(config: Config): Promise<RuleSet> {
  const path = config.redactionRulesFile
  if (path === undefined) return builtInRules
  let rules: unknown
  try {
    rules = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new Error(`EVALPORT_REDACTION_RULES: ${path} cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  try {
    return ruleSetWith(rules)
  } catch (error) {
    throw new Error(`EVALPORT_REDACTION_RULES: ${path}: ${(error as Error).message}`, { cause: error })
  }
}
