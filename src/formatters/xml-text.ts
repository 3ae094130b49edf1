import type { WriteCell } from './cell-writer.ts'
import { replaceLoneSurrogates } from './surrogates.ts'
import type { Tally } from './tally.ts'

/* oxlint-disable no-control-regex -- control characters are what these look for */
const careful = /[\0-\x08\v-\x1f&<>\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]/
/** Rare, so that most texts with markup are not searched for each kind by itself. */
const rare = /[\0-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]/
/** No XML 1.0 document can hold these, not even as a reference. */
const illegal = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]/g
/** Readers turn CR into LF, and may take the others for the end of a line or drop them. */
const fragile = /[\r\x7f-\x9f\u2028\u2029]/g
/* oxlint-enable no-control-regex */

/**
 * Character data that reads back as the same text. `>` is escaped too, so `]]>` cannot occur. What XML 1.0 cannot hold
 * becomes U+FFFD, counted.
 */
export const writeXmlText: WriteCell = (text, tally, column) =>
  careful.test(text) ? escapeText(text, tally, column) : text

function escapeText(text: string, tally: Tally, column: number): string {
  const wellFormed = replaceLoneSurrogates(text, tally, column)
  const escaped = wellFormed.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  if (!rare.test(escaped)) return escaped
  tally.add('replaced', column, escaped.match(illegal)?.length ?? 0)
  return escaped
    .replace(illegal, '\ufffd')
    .replace(fragile, (character) => `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`)
}
