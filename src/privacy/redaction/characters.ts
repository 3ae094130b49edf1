/** A set of ASCII characters; `index` numbers the sets, so that what is known of their runs can be kept by set. */
export interface CharacterSet {
  readonly index: number
  readonly mask: number
}

const digitBit = 1
const lowerHexBit = 2
const upperHexBit = 4
const lowerBit = 8
const upperBit = 16
const underscoreBit = 32
const hyphenBit = 64
const base64Bit = 128
const equalsBit = 256
const dotBit = 512
const tildeBit = 1024
const percentBit = 2048
const nameBit = 4096
const valueBit = 8192
const blankBit = 16384
const mailBit = 32768

const lineBit = 65536
const printableBit = 131072

const bits = new Uint32Array(128)
const give = (characters: string, bit: number) => {
  for (const each of characters) bits[each.charCodeAt(0)]! |= bit
}
give('0123456789', digitBit)
give('abcdef', lowerHexBit)
give('ABCDEF', upperHexBit)
give('abcdefghijklmnopqrstuvwxyz', lowerBit)
give('ABCDEFGHIJKLMNOPQRSTUVWXYZ', upperBit)
give('_', underscoreBit)
give('-', hyphenBit)
give('+/', base64Bit)
give('=', equalsBit)
give('.', dotBit)
give('~', tildeBit)
give('%', percentBit)
give('$', nameBit)
give("!#$%&'*+-/=?^_.~@:|", valueBit)
give(' \t\r\n', blankBit)
give(".%+'-_", mailBit)

for (let code = 32; code < 127; code++) {
  if (code !== 92) bits[code]! |= printableBit
  if (!`"'\`\\`.includes(String.fromCharCode(code))) bits[code]! |= lineBit
}

let sets = 0
const setOf = (mask: number): CharacterSet => ({ index: sets++, mask })
const letterBits = lowerBit | upperBit
const alphanumericBits = letterBits | digitBit

export const digits = setOf(digitBit)
export const letters = setOf(letterBits)
export const lowers = setOf(lowerBit)
export const uppers = setOf(upperBit)
export const lowerHex = setOf(digitBit | lowerHexBit)
export const hex = setOf(digitBit | lowerHexBit | upperHexBit)
export const lowerAlphanumeric = setOf(digitBit | lowerBit)
export const upperAlphanumeric = setOf(digitBit | upperBit)
export const alphanumeric = setOf(alphanumericBits)
export const word = setOf(alphanumericBits | underscoreBit)
export const base64Url = setOf(alphanumericBits | underscoreBit | hyphenBit)
export const base64 = setOf(alphanumericBits | base64Bit | equalsBit)
/** Either alphabet of base64, without the padding. */
export const anyBase64 = setOf(alphanumericBits | base64Bit | underscoreBit | hyphenBit)
export const dotted = setOf(alphanumericBits | underscoreBit | hyphenBit | dotBit)
/** What RFC 9110 calls token68, and `%` for values that stand in URLs. */
export const token68 = setOf(
  alphanumericBits | underscoreBit | hyphenBit | dotBit | tildeBit | base64Bit | equalsBit | percentBit,
)
/** What the client secrets of Microsoft Entra are made of. */
export const entraSecret = setOf(alphanumericBits | underscoreBit | hyphenBit | dotBit | tildeBit)
export const hyphenated = setOf(alphanumericBits | hyphenBit)
/** What names of settings, variables and headers are made of. */
export const nameCharacters = setOf(alphanumericBits | underscoreBit | hyphenBit | dotBit)
export const blanks = setOf(blankBit)
/** What a value without quotes is made of: everything but blanks, quotes, brackets, commas and semicolons. */
export const bareValue = setOf(alphanumericBits | valueBit | tildeBit)
/** The rest of a line, up to the quote or the escape that ends a string. */
export const unquotedLine = setOf(lineBit)
/** The rest of a line, with quotes. */
export const quotedLine = setOf(printableBit)
export const mailLocal = setOf(alphanumericBits | mailBit)
/** How many sets there are. */
export const setCount = sets

/** Whether a UTF-16 code unit (or -1, for none) is in the set. */
export function isIn(code: number, set: CharacterSet): boolean {
  return code >= 0 && code < 128 && (bits[code]! & set.mask) !== 0
}
