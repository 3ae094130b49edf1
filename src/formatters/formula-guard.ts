/**
 * What a spreadsheet may run when it opens the file: a formula's first character, after anything that a reader may trim
 * or not show, or a tab or line break, which some readers trim so that another cell begins. Apostrophes may stand before
 * it: so `'=1`, once guarded, differs from the guarded `=1`, and taking one apostrophe away always restores the text.
 */
const formula =
  // oxlint-disable-next-line no-control-regex -- control characters are among what readers trim
  /^'*[\s\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufeff\uffa0\ufff9-\ufffb\ufffd]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^'*[\t\r\n]/

/**
 * True when the text needs an apostrophe before it in a file that spreadsheets open. Ask it of the text as it will be
 * written, since a replacement character counts as invisible.
 */
export function needsGuard(text: string): boolean {
  const first = text.charCodeAt(0)
  // Digits, letters and the marks among those in ASCII: nearly every cell begins so, and no formula does.
  if ((first > 0x40 && first < 0x7f) || (first >= 0x30 && first <= 0x39)) return false
  return formula.test(text)
}
