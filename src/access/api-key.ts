import { createHash, randomInt } from 'node:crypto'
import { crc32 } from 'node:zlib'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const shape = /^(evp_[0-9A-Za-z]{8})_([0-9A-Za-z]{32})_([0-9A-Za-z]{6})$/

/**
 * `evp_<8 to look it up by>_<32 random, 190 bits>_<6 of checksum>`: the beginning lets scanners find leaked keys, the
 * end turns typing errors away without asking the database.
 */
export interface ApiKeyText {
  readonly text: string
  /** May be shown and stored. */
  readonly prefix: string
  /** All that is stored of the secret. */
  readonly secretSha256: Buffer
}

export function newApiKey(): ApiKeyText {
  const body = `evp_${random(8)}_${random(32)}`
  return parseApiKey(`${body}_${checksum(body)}`)!
}

/** The key's parts, or undefined for text that cannot be a key of ours. */
export function parseApiKey(text: string): ApiKeyText | undefined {
  const match = shape.exec(text)
  if (!match || checksum(`${match[1]}_${match[2]}`) !== match[3]) return undefined
  return { text, prefix: match[1]!, secretSha256: createHash('sha256').update(match[2]!).digest() }
}

function random(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  for (let place = 0; place < 6; place++) {
    digits = alphabet[rest % alphabet.length]! + digits
    rest = Math.floor(rest / alphabet.length)
  }
  return digits
}
