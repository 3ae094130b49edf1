import { JsonReader, writtenPlaces } from './json-reader.ts'
import { isNameMember, isValueAfter, isValueMember, longestMember, tellingOfPair } from './json-pairs.ts'
import { isCertain, isSecretFlag, tellingOf, type Telling } from './names.ts'
import { markerEnd } from './markers.ts'
import { isMixed } from './randomness.ts'
import type { Rule } from './rule.ts'
import { stepsOfFinding, type Scan } from './scan.ts'
import type { Scans } from './scans.ts'
import { settle } from './settle.ts'

export const namedValue: Rule = {
  id: 'named-value',
  description:
    'Values in JSON under a telling name (authorization, cookie, password, api_key, client_secret, …)',
  kind: 'secret',
  rank: 0,
  keywords: [],
  find: () => {},
}

/** What `credentials` may be in requests of browsers. */
const fetchModes = new Set(['same-origin', 'include', 'omit'])

/** Deeper JSON is none to us, so that no nesting can break the walk. */
const deepestNesting = 1000

/** Words of JSON Schema that describe a parameter (`properties: {password: {type: "string"}}`) and hold no value. */
const schemaWords = new Set(['type', 'title', 'description', 'format', 'pattern', '$ref'])
/** Where a value stands: among values, in a schema's list of parameters, or in what a schema says of one. */
type Place = 'values' | 'parameters' | 'description'

const placeBelow = (place: Place, name: string): Place =>
  place === 'parameters' ? 'description' : name === 'properties' ? 'parameters' : place

/** What a member's value is treated as: the surer of what its own name and those around it tell. */
const surer = (own: Telling, around: Telling): Telling =>
  isCertain(own) ? own : isCertain(around) ? around : (own ?? around)

/**
 * Walks the scan's text as JSON, with findings in the text's own places; answers whether it is JSON. Strings are scanned as
 * what they mean, not as they are written, so that an escape hides nothing; if they hold JSON, that is walked, too.
 * @param lines one value may follow another
 */
export function scanJson(scan: Scan, scans: Scans, lines: boolean): boolean {
  const walk = new JsonWalk(scan, scans)
  let whole = walk.value(undefined, 'values', 0)
  // Lines of JSON, in a text.
  while (whole && lines && (walk.reader.peek() === 123 || walk.reader.peek() === 91))
    whole = walk.value(undefined, 'values', 0)
  whole &&= Number.isNaN(walk.reader.peek())
  scan.range(0, scan.text.length)
  const found = scan.findings.length
  for (let index = 0; index < found; index++) {
    const { rule, start, end } = scan.findings[index]!
    rule.beside?.(scan, start, end)
  }
  return whole || scan.exhausted
}

/** Scans a whole text, as JSON if it is that; what was found in JSON that breaks off stays found. */
export function scanCell(scan: Scan, scans: Scans): void {
  if (seemsJson(scan.text) && scanJson(scan, scans, true)) return
  if (!scan.exhausted) scans.look(scan, scans)
}

function seemsJson(text: string): boolean {
  let at = 0
  while (at < 64 && ' \n\r\t'.includes(text.charAt(at))) at++
  const code = text.charCodeAt(at)
  return code === 123 || code === 91 || (code === 34 && text.trimEnd().endsWith('"'))
}

class JsonWalk {
  readonly reader: JsonReader
  readonly #scan: Scan
  readonly #scans: Scans
  #objects = 0

  constructor(scan: Scan, scans: Scans) {
    this.reader = new JsonReader(scan.text)
    this.#scan = scan
    this.#scans = scans
  }

  value(telling: Telling, place: Place, depth: number): boolean {
    if (this.#scan.exhausted) return false
    const code = this.reader.peek()
    if (code === 123) return this.#object(telling, place, depth + 1)
    if (code === 91) return this.#array(telling, place, depth + 1)
    if (code === 34) return this.reader.string() && this.#string(telling)
    const start = this.reader.at
    const number = this.reader.literal()
    if (number === true) this.#number(start, telling)
    return number !== undefined
  }

  #object(telling: Telling, place: Place, depth: number): boolean {
    const { reader } = this
    reader.at++
    if (reader.take(125)) return true
    if (depth > deepestNesting) return false
    const object = ++this.#objects
    let pair: Telling
    const values: number[] = []
    do {
      if (!reader.string()) return false
      const own = this.#name(object)
      if (own === 'broken' || !reader.take(58)) return false
      const name = reader.text.slice(reader.start, Math.min(reader.end, reader.start + 20))
      let below = surer(own, telling)
      if (place === 'description' && schemaWords.has(name)) below = own
      if (name.length <= longestMember && isValueMember(name)) {
        if (pair) below = surer(below, pair)
        else if (!isCertain(telling)) values.push(reader.at)
      }
      const isString = reader.peek() === 34
      if (!this.value(below, placeBelow(place, name), depth)) return false
      if (isString && name.length <= longestMember && isNameMember(name))
        pair = tellingOfPair(reader.meaning() ?? '')
    } while (reader.take(44))
    if (pair) for (const at of values) if (!this.#again(at, pair, depth)) return false
    return reader.take(125)
  }

  /** Walks a value again whose name came after it, as in JSON that Postgres has put in order. */
  #again(at: number, telling: Telling, depth: number): boolean {
    const { reader } = this
    const end = reader.at
    reader.at = at
    const walked = this.value(telling, 'values', depth)
    this.#scan.allowance.left -= reader.at - at
    reader.at = end
    return walked
  }

  #array(telling: Telling, place: Place, depth: number): boolean {
    const { reader } = this
    reader.at++
    if (reader.take(93)) return true
    if (depth > deepestNesting) return false
    let flagged = false
    let headed = false
    let even = true
    let inKey = false
    do {
      const isString = reader.peek() === 34
      const at = reader.at
      let below = flagged && isString ? surer('certain', telling) : telling
      if (headed && isString && reader.string()) {
        if (isValueAfter(reader.meaning() ?? '')) below = surer(below, 'certain')
        reader.at = at
      }
      if (inKey && isString) below = surer(below, 'certain')
      this.#scan.named = false
      if (!this.value(below, place, depth)) return false
      if (isString) inKey = this.#isKeyLine(inKey)
      const named = isString && this.#scan.named
      flagged =
        isString && reader.text.charCodeAt(reader.start) === 45 && isSecretFlag(reader.meaning() ?? '')
      headed = named && even && isCertain(tellingOf(reader.meaning() ?? ''))
      even = !even
    } while (reader.take(44))
    return reader.take(93)
  }

  /** Whether the string just read is a line of a private key whose lines are an array, but not its last. */
  #isKeyLine(inKey: boolean): boolean {
    const { start, end, text } = this.reader
    if (!text.startsWith('-----', start)) return inKey
    return (
      text.startsWith('BEGIN', start + 5) &&
      text.slice(start, Math.min(end, start + 64)).includes('PRIVATE KEY')
    )
  }

  /** Scans the name just read for secrets of its own; answers what it tells of its value. */
  #name(object: number): Telling | 'broken' {
    this.#scan.named = false
    const { findings } = this.#scan
    const known = findings.length
    if (!this.#scanString()) return 'broken'
    for (let index = known; index < findings.length; index++) findings[index]!.object = object
    return this.#scan.named ? tellingOf(this.reader.meaning() ?? '') : undefined
  }

  /** False if the string just read is none. */
  #string(telling: Telling): boolean {
    const { reader } = this
    if (telling === undefined || reader.end === reader.start) return this.#scanString()
    const value = reader.meaning()
    if (value === undefined) return false
    this.#scan.allowance.left -= value.length
    if (markerEnd(value, 0, this.#scans.rules.ids) === value.length) return true
    if (fetchModes.has(value)) return true
    if (telling === 'likely' && isPlainWord(value)) return this.#scanString()
    this.#scan.report(namedValue, reader.start, reader.end)
    return true
  }

  /** Figures under a name of passwords are one; under other names, they count something. */
  #number(start: number, telling: Telling): void {
    const { at, text } = this.reader
    if (telling !== 'figures' && !(telling === 'password' && /^\d{4,}$/.test(text.slice(start, at)))) return
    this.#scan.allowance.left -= stepsOfFinding
    this.#scan.findings.push({ start, end: at, rule: namedValue, bare: 0 })
  }

  #scanString(): boolean {
    if (!this.reader.escaped) {
      this.#scan.range(this.reader.start, this.reader.end)
      this.#scans.look(this.#scan, this.#scans)
      return true
    }
    const meant = this.reader.meaning()
    if (meant === undefined) return false
    const inside = this.#scans.inside(this.#scan, meant, false)
    // Nobody nests so deep but to hide something.
    if (!inside) {
      this.#scan.allowance.left = -1
      return false
    }
    scanCell(inside, this.#scans)
    settle(inside)
    this.#scan.named ||= inside.named
    if (inside.findings.length > 0) this.#adopt(inside)
    return true
  }

  /** Takes over what was found in the meaning of the string just read, at the places where it is written. */
  #adopt(inside: Scan): void {
    const { start, text } = this.reader
    const meant = inside.findings.flatMap((each) => [each.start, each.end])
    const places = writtenPlaces(text, start, meant)
    for (const [index, { rule, bare }] of inside.findings.entries())
      this.#scan.findings.push({
        start: places[index * 2]!,
        end: places[index * 2 + 1]!,
        rule,
        ...(bare !== undefined && { bare: bare + 1 }),
      })
  }
}

/** Under `token`, models' tokens stand, too: " the", "Hello,". */
function isPlainWord(value: string): boolean {
  if (value.length <= 5) return true
  return value.length < 24 && !isMixed(value, 0, value.length)
}
