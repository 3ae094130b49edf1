/**
 * Numbers that look random and are the same on every machine, for one purpose and one row: the generator sfc32 of
 * Chris Doty-Humphrey's PractRand 0.94 ("Small Fast Chaotic", public domain), begun with its way of seeding by three
 * words. It needs nothing but 32-bit integers, so that no processor's floating point has a say.
 */
export class Draw {
  private a = 0
  private b = 0
  private c = 0
  private counter = 0

  /**
   * Begins the numbers of one row anew.
   * @param seed from 0 to 2^53 - 1
   * @param purpose from 0 to 2047: what the numbers are for, so that no two purposes share them
   * @param index from 0 to 2^32 - 1: which row
   */
  begin(seed: number, purpose: number, index: number): this {
    this.a = seed | 0
    this.b = Math.floor(seed / 4294967296) | (purpose << 21) | 0
    this.c = index | 0
    this.counter = 1
    for (let round = 0; round < 15; round++) this.bits()
    return this
  }

  /** 32 bits, as a signed integer. */
  bits(): number {
    const drawn = (((this.a + this.b) | 0) + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + drawn) | 0
    return drawn
  }

  /** A whole number from 0 to `count` - 1; `count` is at most 2^21, so that the product is exact. */
  below(count: number): number {
    return Math.floor(((this.bits() >>> 0) * count) / 4294967296)
  }

  /** True once in `count` times. */
  once(count: number): boolean {
    return this.below(count) === 0
  }

  of<T>(pool: readonly T[]): T {
    return pool[this.below(pool.length)]!
  }

  /** So many characters of the alphabet. */
  text(alphabet: string, length: number): string {
    let text = ''
    while (text.length < length) text += alphabet[this.below(alphabet.length)]!
    return text
  }

  /**
   * Around the median as durations and token counts are: log-normal, nearly, from a 35th of it to 35 times.
   * The four bytes of a draw add up to something like a normal distribution; the factor for each sum is in a table.
   */
  around(median: number): number {
    const drawn = this.bits()
    const sum = (drawn & 255) + ((drawn >>> 8) & 255) + ((drawn >>> 16) & 255) + (drawn >>> 24)
    return Math.round(median * factors[sum]!)
  }
}

/** 1.007 to the power of -510 to 510, by products alone: `Math.pow` may differ between machines in the last digit. */
const factors = ((): readonly number[] => {
  const middle = 510
  const table = Array.from({ length: 2 * middle + 1 }, () => 1)
  for (let away = 1; away <= middle; away++) {
    table[middle + away] = table[middle + away - 1]! * 1.007
    table[middle - away] = table[middle - away + 1]! / 1.007
  }
  return table
})()

export const digits = '0123456789'
export const lowerHex = '0123456789abcdef'
export const base62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
