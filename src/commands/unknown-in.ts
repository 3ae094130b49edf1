import type { Problem } from '../core/errors.ts'
import { unknownName } from '../core/suggestion.ts'

/** An unknown name with its flag in the sentence: on the command line, nothing else tells the place. */
export function unknownIn(flag: string, kind: string, written: string, known: readonly string[]): Problem {
  const problem = unknownName(kind, written, [flag], known)
  return { ...problem, message: problem.message.replace(/\.$/, ` in ${flag}.`) }
}
