/** The id that a cell is counted under when looking at it took too many steps, and all of it was replaced. */
export const budgetRule = 'budget'

/** The id of what notes markers of earlier redaction; it replaces nothing. */
export const markerRule = 'marker'

/** What a marker is made of, before its rule. */
export const markerStart = '[REDACTED:'

/** Where the marker that begins at `at` ends, or -1. Only rules that exist make markers, so that nothing hides in one. */
export function markerEnd(text: string, at: number, ids: ReadonlySet<string>): number {
  if (!text.startsWith(markerStart, at)) return -1
  const ruleStart = at + markerStart.length
  const stop = Math.min(text.length, ruleStart + 64)
  let colon = ruleStart
  while (colon < stop && text.charCodeAt(colon) !== 58) colon++
  if (colon >= stop || text.charCodeAt(colon + 5) !== 93 || !ids.has(text.slice(ruleStart, colon))) return -1
  for (let digit = colon + 1; digit < colon + 5; digit++) {
    const code = text.charCodeAt(digit)
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return -1
  }
  return colon + 6
}
