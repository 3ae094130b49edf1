import { hkdfSync } from 'node:crypto'
import type { PseudonymScope } from '../core/privacy.ts'

/** What privacy keys are made from, by version: never in the database, so that its dump names nobody. */
export type PrivacySecrets = ReadonlyMap<number, string>

/** Where equal values are to be recognised. */
export interface KeyScope {
  readonly projectId: number
  readonly scope: PseudonymScope
  /** The export's id, for the scope `export`. */
  readonly exportId: string
}

export interface PrivacyKeys {
  /** What new exports use: the highest. */
  readonly currentVersion: number
  /**
   * The key for one purpose in one project, or in one export of it; no key can be told from another.
   * @throws Error for a version whose secret is not there any more
   */
  derive(purpose: 'pseudonym' | 'mark', place: KeyScope, version: number): Buffer
}

export function privacyKeys(secrets: PrivacySecrets): PrivacyKeys {
  return {
    currentVersion: Math.max(...secrets.keys()),
    derive(purpose, place, version) {
      const secret = secrets.get(version)
      if (secret === undefined) {
        throw new Error(
          `the privacy key has no version ${version} any more (there are: ${[...secrets.keys()].join(', ')})`,
        )
      }
      const scope = place.scope === 'export' ? ['export', place.exportId] : ['project']
      const info = JSON.stringify(['evalport', purpose, place.projectId, ...scope])
      return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
    },
  }
}

/**
 * `1:<secret>` or several with commas or line ends between them, of 32 characters and more each.
 * @throws Error that says what is wrong, without the text
 */
export function parsePrivacySecrets(text: string): PrivacySecrets {
  const secrets = new Map<number, string>()
  const parts = text.split(/[,\n]/).map((part) => part.trim())
  for (const part of parts.filter((each) => each !== '')) {
    const [, version, secret] = /^([1-9]\d{0,5}):([!-+\--~]{32,})$/.exec(part) ?? []
    if (version === undefined || secret === undefined) {
      throw new Error('each privacy key is written version:secret, the secret with at least 32 characters')
    }
    if (secrets.has(Number(version))) throw new Error(`version ${version} of the privacy key is there twice`)
    secrets.set(Number(version), secret)
  }
  if (secrets.size === 0) throw new Error('there is no privacy key in it')
  return secrets
}
