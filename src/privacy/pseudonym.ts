import { createHmac } from 'node:crypto'

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * `ps1_` and 26 letters and digits (128 bits of HMAC-SHA-256, in base32): the same for equal values of one kind under one
 * key, so that joins still work. It is no anonymity: whoever has the key can try values, and what is rare stays rare.
 * @param version of the key, which the prefix tells
 * @param kind what the value names, e.g. `session_id`: the same text as another kind gets another pseudonym
 */
export function pseudonym(key: Buffer, version: number, kind: string, value: string): string {
  const digest = createHmac('sha256', key).update(kind).update('\0').update(value.normalize('NFC')).digest()
  return `ps${version}_${base32(digest.subarray(0, 16))}`
}

/** RFC 4648, in lower case and without padding. */
function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let rest = 0
  for (const byte of bytes) {
    rest = (rest << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(rest >>> bits) & 31]
    }
  }
  return bits > 0 ? text + alphabet[(rest << (5 - bits)) & 31] : text
}

/** Four hex digits by which equal secrets can be told from others, in markers. */
export function mark(key: Buffer, secret: string): string {
  return createHmac('sha256', key).update(secret).digest('hex').slice(0, 4)
}
