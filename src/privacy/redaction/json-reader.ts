/** Reads JSON strictly, place by place, without making values of it. */
export class JsonReader {
  readonly text: string
  at = 0
  /** The last string: its content, without the quotes, and whether it has escapes. */
  start = 0
  end = 0
  escaped = false
  #nextBackslash = -1

  constructor(text: string) {
    this.text = text
  }

  /** The next code unit that is no blank; NaN at the end. */
  peek(): number {
    let code = this.text.charCodeAt(this.at)
    while (code === 32 || code === 10 || code === 13 || code === 9) code = this.text.charCodeAt(++this.at)
    return code
  }

  /** Takes a sign, if it is next. */
  take(sign: number): boolean {
    if (this.peek() !== sign) return false
    this.at++
    return true
  }

  /** Takes a string; false if there is none. Goes from quote to quote, since the engine finds these fastest. */
  string(): boolean {
    if (this.peek() !== 34) return false
    const { text } = this
    this.start = this.at + 1
    let end = text.indexOf('"', this.start)
    while (end >= 0 && isEscaped(text, this.start, end)) end = text.indexOf('"', end + 1)
    if (end < 0) return false
    if (this.#nextBackslash < this.start) {
      const next = text.indexOf('\\', this.start)
      this.#nextBackslash = next < 0 ? Infinity : next
    }
    this.escaped = this.#nextBackslash < end
    this.end = end
    this.at = end + 1
    return true
  }

  /** What the last string means; undefined if its escapes are none. */
  meaning(): string | undefined {
    if (!this.escaped) return this.text.slice(this.start, this.end)
    try {
      return JSON.parse(this.text.slice(this.start - 1, this.end + 1)) as string
    } catch {
      // Not JSON: whoever reads on, reads it as text.
      return undefined
    }
  }

  /** Takes a number, true, false or null; answers whether it was a number, or undefined if it is none of these. */
  literal(): boolean | undefined {
    this.peek()
    const word = ['true', 'false', 'null'].find((each) => this.text.startsWith(each, this.at))
    if (word !== undefined) {
      this.at += word.length
      return false
    }
    numberShape.lastIndex = this.at
    if (!numberShape.test(this.text)) return undefined
    this.at = numberShape.lastIndex
    return true
  }
}

const numberShape = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Whether an odd number of backslashes stands before this place. */
function isEscaped(text: string, start: number, at: number): boolean {
  let first = at
  while (first > start && text.charCodeAt(first - 1) === 92) first--
  return ((at - first) & 1) === 1
}

/** Puts places in what a string means, in ascending order, back to where they are written. */
export function writtenPlaces(text: string, start: number, places: readonly number[]): readonly number[] {
  const written: number[] = []
  let at = start
  let meant = 0
  for (const place of places) {
    while (meant < place) {
      at += text.charCodeAt(at) === 92 ? (text.charCodeAt(at + 1) === 117 ? 6 : 2) : 1
      meant++
    }
    written.push(at)
  }
  return written
}
