/** Failures that can be told from their text alone, under the name the source gives their type elsewhere. */
const knownTexts: readonly (readonly [RegExp, string])[] = [
  [/\bmax turns \(\d+\) exceeded/i, 'MaxTurnsExceeded'],
]

/** The type of a failure of which only the text is known; undefined where it would be a guess. */
export function errorTypeOf(message: string): string | undefined {
  return knownTexts.find(([pattern]) => pattern.test(message))?.[1]
}
