import type { Problem } from './errors.ts'

/** The nearest of the known names to what was written, if any is near enough to be what was meant. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(written.length * 0.4))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const name of known) {
    const distance = editDistance(written.toLowerCase(), name.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** The problem of a name that is none, with the one that may have been meant, or else all there are. */
export function unknownName(
  kind: string,
  written: string,
  path: readonly string[],
  known: readonly string[],
): Problem {
  const meant = nearest(written, known)
  return {
    message: `Unknown ${kind} ${JSON.stringify(written)}.`,
    path,
    suggestion: meant ? `Did you mean ${meant}?` : `Known: ${known.join(', ') || 'none'}.`,
  }
}

/** Levenshtein's distance; any number of at least `limit` when it is not below it. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + cost))
    }
    previous = current
  }
  return previous[b.length]!
}
