import type { Position } from './reader.ts'

/** Something of a file that did not go in. */
export interface Reject extends Position {
  readonly reason: string
  readonly excerpt: string
}

/** Something of a file that went in and is worth a word. */
export interface Warning extends Position {
  readonly message: string
}

/** So much of a text is looked at for an excerpt of it, */
export const rawExcerptLength = 4000
/** and so much of that is shown. */
const maxExcerpt = 200
/** Where the text was cut, it may end in a piece of a secret too short to be known as one: it is never shown. */
const unsure = 200
/** So many are kept and told one by one; of a file with more, their number tells that it is not what it was taken for. */
const maxTold = 10_000

/** What is to be said of a file, its beginning in full and all of it in numbers. */
export class Findings {
  readonly rejects: Reject[] = []
  readonly warnings: Warning[] = []
  readonly #redact: (text: string) => string
  rejectCount = 0
  warningCount = 0

  /** @param redact whatever is told may quote the file */
  constructor(redact: (text: string) => string) {
    this.#redact = redact
  }

  reject(reason: string, position: Position, excerpt: string): void {
    if (++this.rejectCount > maxTold) return
    this.rejects.push({
      ...position,
      reason: this.#redact(reason),
      excerpt: excerptShown(excerpt, this.#redact),
    })
  }

  warn(message: string, position: Position): void {
    if (++this.warningCount <= maxTold) this.warnings.push({ ...position, message: this.#redact(message) })
  }
}

/** Redacted before it is shortened: half a secret is not known as one. */
function excerptShown(text: string, redact: (text: string) => string): string {
  if (text.length < rawExcerptLength) return shorten(redact(text))
  return shorten(`${redact(text.slice(0, rawExcerptLength)).slice(0, -unsure)}…`)
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length <= maxExcerpt ? line : `${line.slice(0, maxExcerpt - 1).toWellFormed()}…`
}
