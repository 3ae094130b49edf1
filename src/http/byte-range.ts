/** A part of a file: from one byte to before another. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * What of a file a request wants (RFC 9110, section 14): all of it, also where several parts or something that is no range
 * is asked for, which servers may disregard.
 * @param ifRange the entity tag that the client's part is of: of another, it gets the whole
 * @returns undefined when the part lies beyond the end
 */
export function wantedRange(
  headers: { readonly range?: string | undefined; readonly 'if-range'?: string | string[] | undefined },
  { bytes, etag }: { readonly bytes: number; readonly etag: string },
): ByteRange | 'whole' | undefined {
  const { range, 'if-range': ifRange } = headers
  const asked = range === undefined ? null : /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(range)
  // A weak tag, and a date, of which there are none here, match nothing.
  if (!asked || (ifRange !== undefined && ifRange !== etag)) return 'whole'
  const [, first = '', last = ''] = asked
  if (first === '') {
    // The last so many bytes; of nothing, that is all of it, which no part could say.
    if (last === '') return 'whole'
    const suffix = Number(last)
    if (suffix > 0 && bytes === 0) return 'whole'
    return suffix === 0 ? undefined : { start: Math.max(0, bytes - suffix), end: bytes }
  }
  // Digits may be more than a number holds.
  if (last !== '' && BigInt(last) < BigInt(first)) return 'whole'
  const start = Number(first)
  if (start >= bytes) return undefined
  return { start, end: last === '' ? bytes : Math.min(bytes, Number(last) + 1) }
}
