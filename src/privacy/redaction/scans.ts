import type { CompiledRules } from './compiled-rules.ts'
import { Scan, type Allowance } from './scan.ts'

/** Texts inside texts are looked into so deep: a JSON text in a string of a JSON text, base64 in that, and so on. */
export const deepest = 8

/** The scans of one redactor, one for each depth, made when they are first needed and used again for every cell. */
export class Scans {
  readonly rules: CompiledRules
  readonly allowance: Allowance = { left: 0 }
  /** Looks for everything in a scan's range; given, since it looks into texts inside texts by way of this. */
  readonly look: (scan: Scan, scans: Scans) => void
  readonly #personalData: boolean
  readonly #plain: Scan[] = []
  readonly #decoded: Scan[] = []

  constructor(rules: CompiledRules, personalData: boolean, look: (scan: Scan, scans: Scans) => void) {
    this.rules = rules
    this.look = look
    this.#personalData = personalData
  }

  at(depth: number, decoded: boolean): Scan {
    const scans = decoded ? this.#decoded : this.#plain
    return (scans[depth] ??= new Scan(this.allowance, this.#personalData, depth, decoded))
  }

  /** A scan of a text that was found inside another, or undefined if that is too deep. */
  inside(outer: Scan, text: string, decoded: boolean): Scan | undefined {
    if (outer.depth + 1 >= deepest) return undefined
    const scan = this.at(outer.depth + 1, decoded || outer.decoded)
    this.allowance.left -= text.length
    scan.begin(text)
    return scan
  }
}
