import { readFile } from 'node:fs/promises'
import type { Config } from './config.ts'
import type { DataFolder } from './data-folder.ts'
import { parsePrivacySecrets, privacyKeys, type PrivacyKeys } from './privacy/keys.ts'
import { builtInRules, ruleSetWith, type RuleSet } from './privacy/redaction/rule-set.ts'
import { storedSecret } from './stored-secret.ts'

/** The key that signs download links. */
export async function signingKey(config: Config, folder: DataFolder): Promise<Buffer | string> {
  if (config.signingKey !== undefined) return config.signingKey
  const path = folder.path('link-signing.key')
  const key = Buffer.from(await storedSecret(path, (random) => random), 'hex')
  if (key.length === 32) return key
  throw new Error(
    `${path} does not hold a signing key: 64 hex digits were expected. Delete it to have a new one made; links given out before end then.`,
  )
}

/** The keys of pseudonyms and marks. They are no part of the database: without them, its dump names nobody. */
export async function openPrivacyKeys(config: Config, folder: DataFolder): Promise<PrivacyKeys> {
  if (config.privacyKeys !== undefined) return privacyKeys(parse('EVALPORT_PRIVACY_KEYS', config.privacyKeys))
  const path = folder.path('privacy.keys')
  return privacyKeys(parse(path, await storedSecret(path, (random) => `1:${random}`)))
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
